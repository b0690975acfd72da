use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry(backoff = exponential("50ms", max = "20ms"))]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
