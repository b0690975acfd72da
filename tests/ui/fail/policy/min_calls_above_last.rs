use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker(rate = 0.5, last = 20, min_calls = 21)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
