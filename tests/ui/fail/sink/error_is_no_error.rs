// errors: 2
use millstream::prelude::*;

#[sink]
fn save(_n: u32) -> Result<(), u8> {
    Ok(())
}

fn main() {}
