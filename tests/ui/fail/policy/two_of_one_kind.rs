use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
#[timeout("1s")]
#[retry(attempts = 2)]
async fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
