use millstream::prelude::*;

#[sink]
fn save(n: u32) -> Result<u32, std::fmt::Error> {
    Ok(n)
}

fn main() {}
