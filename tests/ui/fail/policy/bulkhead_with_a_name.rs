use millstream::prelude::*;

include!("../../support/failed.rs");

#[bulkhead(max = 8)]
fn read() -> Result<u32, Failed> { Ok(1) }

fn main() {
    let _ = read();
}
