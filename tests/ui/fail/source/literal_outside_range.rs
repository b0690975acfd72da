use millstream::prelude::*;

#[source]
fn numbers(#[param(range = 1..=9)] count: u32) -> impl Iterator<Item = u32> {
    0..count
}

fn main() {
    let _ = pipeline!(numbers(count = 10) | collect()).run();
}
