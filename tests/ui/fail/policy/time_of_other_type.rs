use millstream::prelude::*;

include!("../../support/failed.rs");

const LIMIT: u64 = 800;

#[timeout(LIMIT)]
async fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
