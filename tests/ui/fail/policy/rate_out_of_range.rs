use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker(rate = 1.5)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
