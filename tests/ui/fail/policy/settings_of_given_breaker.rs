use millstream::prelude::*;

include!("../../support/failed.rs");

static BREAKER: millstream::policy::CircuitBreaker = millstream::policy::CircuitBreaker::consecutive(1);

#[circuit_breaker(with = &BREAKER, failures = 2)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
