use millstream::prelude::*;

#[source]
fn numbers() -> impl Copy {
    1
}

fn main() {}
