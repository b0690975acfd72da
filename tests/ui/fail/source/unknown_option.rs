use millstream::prelude::*;

#[source(finish = done)]
fn numbers() -> Option<u32> {
    None
}

fn main() {}
