//! Takes a shop's orders from its API into a database, and prints what the database makes of them:
//!
//!     cargo run --release --example warehouse

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use millstream::prelude::*;
use rusqlite::Connection;
use ureq::Agent;

mod server;

/// An order, as the API gives it and as the table holds it.
#[record]
struct Order {
    #[key]
    id: u64,
    #[field(len = 1..)]
    customer: String,
    #[field(len = 1..)]
    product: String,
    #[field(range = 0..)]
    cents: i64,
}

/// One answer of the API.
#[record]
struct Page {
    orders: Vec<Order>,
    /// The number of the page behind it.
    next: Option<u64>,
}

/// The client that all requests share, unless the pipeline is given another.
#[resource]
fn client() -> Agent {
    Agent::new_with_defaults()
}

/// The pages at `url`, from the first to the last. Behind one that could not be had there is no other.
#[source]
fn pages(#[resource] client: Arc<Agent>, #[param] url: String) -> impl Iterator<Item = Result<Page, ureq::Error>> {
    let mut next = Some(1);
    std::iter::from_fn(move || {
        let number = next.take()?;
        let answer = client.get(&url).query("page", number.to_string()).call();
        let page = answer.and_then(|mut answer| answer.body_mut().read_json::<Page>());
        next = page.as_ref().ok().and_then(|page| page.next);
        Some(page)
    })
}

/// Takes a shop's orders from its API into a database, and prints what the database makes of them.
#[derive(Parser)]
struct Args {
    /// The database; it is made if there is none
    #[arg(default_value = "target/warehouse.db")]
    database: PathBuf,
    /// Where the API is; without it the example is its own, with 1,000 orders
    #[arg(long)]
    url: Option<String>,
}

fn main() -> millstream::Result<()> {
    let Args { database, url } = Args::parse();
    if let Some(directory) = database.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let (url, _api) = match url {
        Some(url) => (url, None),
        None => {
            let api = server::Api::serve(1_000, 50).map_err(millstream::Error::new)?;
            (api.url(), Some(api))
        }
    };

    // Every 100 orders are committed, so an interrupted run has not been for nothing; the key keeps the next one from
    // writing an order twice.
    let report = pipeline!(
        pages(url = url)
            | flat_map(|page| page.orders)
            | unique(|order| order.id, max = 10_000)
            | sqlite(&database, table = "orders", create = true, every = 100)
    )
    .run()?;

    let summary = summary(&database).map_err(millstream::Error::new)?;
    match writeln!(io::stdout(), "{report}\n\n{summary}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What the table holds, added up by the database.
fn summary(database: &Path) -> rusqlite::Result<String> {
    let database = Connection::open(database)?;
    let totals = "SELECT format('%d orders of %d customers, $%d.%02d', count(*), count(DISTINCT customer), \
                  sum(cents) / 100, sum(cents) % 100) FROM orders";
    let products = "SELECT format('%-4s %5d orders  $%8d.%02d', product, count(*), sum(cents) / 100, sum(cents) % 100) \
                    FROM orders GROUP BY product ORDER BY sum(cents) DESC, product LIMIT 5";
    let mut lines = Vec::new();
    for query in [totals, products] {
        let mut query = database.prepare(query)?;
        lines.extend(query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?);
    }
    Ok(lines.join("\n"))
}
