use millstream::prelude::*;

type Parsed<T> = Result<T, std::num::ParseIntError>;

#[stage]
fn parse(text: &str) -> Parsed<u32> {
    text.parse()
}

fn main() {}
