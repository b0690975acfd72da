use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry(total = "30")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
