use millstream::prelude::*;

include!("../../support/failed.rs");

#[timeout("1s")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
