use millstream::prelude::*;

type Saved = Result<(), std::fmt::Error>;

#[sink]
fn save(_n: u32) -> Saved {
    Ok(())
}

fn main() {}
