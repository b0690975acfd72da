use millstream::prelude::*;

include!("../../support/failed.rs");

#[fallback(value = 1, keys = 2)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
