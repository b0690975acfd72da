use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry(backoff = exponential("50ms", factor = 0.5))]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
