use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker(last = 20)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
