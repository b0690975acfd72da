use millstream::prelude::*;

include!("../../support/failed.rs");

#[timeout("9s")]
#[circuit_breaker]
#[timeout("1s")]
async fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
