use millstream::prelude::*;

include!("../../support/failed.rs");

#[bulkhead(8, max_wait = "1s")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
