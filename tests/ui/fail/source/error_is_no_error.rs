use millstream::prelude::*;

#[source]
fn numbers() -> impl Iterator<Item = Result<u32, u8>> {
    (0..3).map(Ok)
}

fn main() {}
