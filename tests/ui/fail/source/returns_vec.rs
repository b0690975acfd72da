use millstream::prelude::*;

#[source]
fn numbers() -> Vec<u32> {
    vec![1, 2]
}

fn main() {}
