// errors: 2
use millstream::prelude::*;

#[stage]
#[retry(times = 3)]
#[observed]
fn fetch(item: u32) -> Result<u32, String> {
    Ok(item)
}

fn main() {}
