use millstream::prelude::*;

struct Broken;

#[stage]
fn parse(text: &str) -> Result<u32, Broken> {
    text.parse().map_err(|_| Broken)
}

fn main() {}
