use millstream::prelude::*;

include!("../../support/failed.rs");

#[timeout("0s")]
async fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
