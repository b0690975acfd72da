use millstream::prelude::*;

include!("../../support/failed.rs");

#[rate_limit(calls = 100)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
