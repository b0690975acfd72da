//! Draws `benches/results.csv` as `benches/results.svg`: `cargo run --example chart`.

use std::error::Error;
use std::fs;

mod svg;

fn main() -> Result<(), Box<dyn Error>> {
    let benches = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");
    let results = fs::read_to_string(format!("{benches}/results.csv"))?;
    Ok(fs::write(format!("{benches}/results.svg"), svg::chart(&results)?)?)
}
