//! What a shop's orders come to: reads them from a CSV file, adds them up, and prints the figures.
//!
//!     cargo run --release --example orders -- FILE

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use clap::Parser;
use millstream::io::letters::Letter;
use millstream::prelude::*;
use millstream::record::Decimal;

mod generate;

/// What was done with a product.
#[record(rename_all = "lowercase")]
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    Purchase,
    Refund,
}

/// One row of the file.
#[record]
struct Order<'a> {
    #[field(len = 1..)]
    user_id: &'a str,
    event: Event,
    #[field(len = 1..)]
    product_id: &'a str,
    /// What was paid or paid back, in dollars.
    #[field(range = 0.., check = whole_cents)]
    amount: Decimal,
    timestamp: Timestamp,
}

/// There is no smaller coin.
fn whole_cents(amount: &Decimal) -> Result<(), &'static str> {
    if amount.normalize().scale() <= 2 { Ok(()) } else { Err("must have two decimals at most") }
}

impl Order<'_> {
    /// What it adds to the revenue: a refund takes away.
    fn revenue(&self) -> Decimal {
        match self.event {
            Event::Purchase => self.amount,
            Event::Refund => -self.amount,
        }
    }
}

/// What a shop's orders come to.
#[derive(Parser)]
struct Args {
    /// CSV with the header `user_id,event,product_id,amount,timestamp`; `-` is standard input
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/orders/orders.csv"), hide_default_value = true)]
    file: PathBuf,
    /// Where rows go that are no orders; later runs append to it
    #[arg(long, default_value = "target/orders-rejects.jsonl")]
    rejects: PathBuf,
    /// Write this many orders to standard output instead
    #[arg(long, value_name = "ROWS")]
    generate: Option<u64>,
}

fn main() -> millstream::Result<()> {
    let Args { file, rejects, generate } = Args::parse();
    let text = match generate {
        Some(rows) => return generate::orders(rows),
        None => figures(&file, &rejects)?,
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Reads the orders, and says what they come to.
fn figures(file: &Path, rejects: &Path) -> millstream::Result<String> {
    if let Some(directory) = rejects.parent() {
        fs::create_dir_all(directory)?;
    }
    let known = fs::metadata(rejects).map_or(0, |letters| letters.len());
    let report = pipeline!(
        csv::<Order>(file).or_dead_letter(rejects)
            | tee(
                aggregate(count(), sum(|order| order.revenue())) | collect(),
                aggregate(sum(|order| order.revenue())).keyed(user_id) | collect(),
                aggregate(count()).keyed(product_id) | collect(),
                aggregate(count()).keyed(event) | collect(),
            )
    )
    .run()?;

    let (totals, mut users, products, events) = report.output;
    users.sort_by_key(|(_, revenue)| Reverse(*revenue));
    let mut text = String::new();
    for (orders, revenue) in totals {
        let _ = writeln!(text, "records processed   {orders}");
        let _ = writeln!(text, "total net revenue   ${revenue:.2}");
    }
    // Of several, the one that came first.
    if let Some((product, count)) = products.into_iter().rev().max_by_key(|(_, count)| *count) {
        let _ = writeln!(text, "top product         {product} ({count} transactions)");
    }
    text.push_str("\nnet revenue by user\n");
    for (user, revenue) in users {
        let _ = writeln!(text, "  {user:<10} {:>12}", format!("${revenue:.2}"));
    }
    text.push_str("\nevents\n");
    for (event, count) in events {
        let _ = writeln!(text, "  {:<10} {count:>12}", format!("{event:?}").to_lowercase());
    }
    let rejected = report.letters.iter().map(|(_, count)| *count).sum();
    rejected_rows(&mut text, rejects, known, rejected)?;
    Ok(text)
}

/// How many rejected rows are shown.
const SHOWN: u64 = 20;

/// Adds the first of the rows that were rejected in this run, whose letters start at the offset `known`.
fn rejected_rows(text: &mut String, rejects: &Path, known: u64, count: u64) -> millstream::Result<()> {
    if count == 0 {
        return Ok(());
    }
    text.push_str("\nrejected\n");
    let mut letters = File::open(rejects)?;
    letters.seek(SeekFrom::Start(known))?;
    for line in BufReader::new(letters).lines().take(usize::try_from(count.min(SHOWN)).unwrap_or(usize::MAX)) {
        let letter: Letter = serde_json::from_str(&line?).map_err(millstream::Error::new)?;
        let row = String::from_utf8_lossy(letter.raw.as_deref().unwrap_or_default());
        let _ = writeln!(text, "  {}: {row}", letter.position);
        for reason in &letter.error {
            let _ = writeln!(text, "    {reason}");
        }
    }
    if count > SHOWN {
        let _ = writeln!(text, "  and {} more in {}", count - SHOWN, rejects.display());
    }
    Ok(())
}
