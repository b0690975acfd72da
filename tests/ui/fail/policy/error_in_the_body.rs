use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
#[timeout("1s")]
async fn read() -> Result<u32, Failed> {
    Ok("one")
}

fn main() {
    let _ = read();
}
