use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker(rate = 0.5, failures = 3)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
