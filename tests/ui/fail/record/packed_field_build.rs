use millstream::prelude::*;

#[record(packed)]
struct Release {
    version: u32,
    r#build: Option<u32>,
}

fn main() {}
