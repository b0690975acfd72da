use millstream::prelude::*;

include!("../../support/failed.rs");

#[rate_limit(per_second = 10, refuse, max_wait = "1s")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
