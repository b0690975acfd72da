use millstream::prelude::*;

include!("../../support/failed.rs");

const COUNT: &str = "3";

#[retry(attempts = COUNT)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
