use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker(min_calls = 10)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
