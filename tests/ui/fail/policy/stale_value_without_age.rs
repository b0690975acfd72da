use millstream::prelude::*;

include!("../../support/failed.rs");

#[fallback(stale_if_error)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
