use millstream::prelude::*;

#[finish]
fn total_of(sum: u64) -> Result<u64, String> {
    Ok(sum)
}

fn main() {}
