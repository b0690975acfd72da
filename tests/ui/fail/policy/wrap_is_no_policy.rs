use millstream::prelude::*;

include!("../../support/failed.rs");

#[wrap(1)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
