use millstream::prelude::*;

include!("../../support/failed.rs");

#[rate_limit(per_second = 10, calls = 100, per = "1m")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
