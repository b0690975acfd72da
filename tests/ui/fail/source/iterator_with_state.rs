use millstream::prelude::*;

#[source]
fn numbers(#[state] from: &mut u32) -> impl Iterator<Item = u32> {
    *from += 1;
    *from..10
}

fn main() {}
