use millstream::prelude::*;

#[source]
async fn numbers() -> Option<u32> {
    None
}

fn main() {}
