use millstream::prelude::*;

include!("../../support/failed.rs");

#[timeout(secs = 5)]
async fn read() -> Result<u32, Failed> { Ok(1) }

fn main() {
    let _ = read();
}
