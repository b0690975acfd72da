use millstream::prelude::*;

type Parsed = Result<u32, std::num::ParseIntError>;

#[source]
fn numbers() -> impl Iterator<Item = Parsed> {
    ["1", "x"].into_iter().map(str::parse)
}

fn main() {}
