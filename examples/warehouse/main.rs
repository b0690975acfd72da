//! Takes orders from an API into a database:
//!
//!     cargo run --release --example warehouse

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use millstream::prelude::*;
use millstream::record::Decimal;
use rusqlite::Connection;
use ureq::Agent;

mod server;

/// An order as the API gives it, and as the table keeps it.
#[record]
struct Order {
    #[key]
    id: u64,
    #[field(len = 1..)]
    customer: String,
    #[field(len = 1..)]
    product: String,
    #[field(range = 0..)]
    amount: Decimal,
}

/// One answer of the API.
#[record]
struct Page {
    orders: Vec<Order>,
    /// The number of the page behind it.
    next: Option<u64>,
}

/// The client that all requests share.
#[resource]
fn client() -> Agent {
    Agent::new_with_defaults()
}

/// The pages at `url`, from the first to the last. Behind one that cannot be had there are no others.
#[source]
fn pages(#[resource] client: Arc<Agent>, #[param] url: String) -> impl Iterator<Item = Result<Page, ureq::Error>> {
    let mut next = Some(1);
    std::iter::from_fn(move || {
        let number = next.take()?;
        let page = client.get(&url).query("page", number.to_string()).call();
        let page = page.and_then(|mut answer| answer.body_mut().read_json::<Page>());
        next = page.as_ref().ok().and_then(|page| page.next);
        Some(page)
    })
}

/// Takes orders from an API into a database.
#[derive(Parser)]
struct Args {
    /// The database
    #[arg(default_value = "target/warehouse.db")]
    database: PathBuf,
    /// Where the orders are; without it the example serves some itself
    #[arg(long)]
    url: Option<String>,
}

fn main() -> millstream::Result<()> {
    let Args { database, url } = Args::parse();
    let (url, _api) = match url {
        Some(url) => (url, None),
        None => {
            let api = server::Api::serve(1_000, 50).map_err(millstream::Error::new)?;
            (api.url(), Some(api))
        }
    };

    let report = pipeline!(
        pages(url = url)
            | flat_map(|page| page.orders)
            | unique(|order| order.id)
            | sqlite(&database, table = "orders", create = true, every = 100)
    )
    .run()?;
    println!("{report}\n");
    print_summary(&database).map_err(millstream::Error::new)
}

/// What the table holds, as the database says.
fn print_summary(database: &PathBuf) -> rusqlite::Result<()> {
    let database = Connection::open(database)?;
    let (orders, customers): (i64, i64) =
        database.query_row("SELECT count(*), count(DISTINCT customer) FROM orders", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    println!("{orders} orders of {customers} customers");
    Ok(())
}
