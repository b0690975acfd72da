use millstream::prelude::*;

include!("../../support/failed.rs");

#[rate_limit(per = "1m")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
