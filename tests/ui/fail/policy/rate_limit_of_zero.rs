use millstream::prelude::*;

include!("../../support/failed.rs");

#[rate_limit(per_second = 0)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
