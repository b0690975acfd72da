use millstream::prelude::*;

#[source]
fn numbers() -> Option<Result<u32, u8>> {
    None
}

fn main() {}
