use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry(budget = 1.5)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
