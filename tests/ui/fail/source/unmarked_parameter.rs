use millstream::prelude::*;

#[source]
fn numbers(count: u32) -> impl Iterator<Item = u32> {
    0..count
}

fn main() {
    let _ = pipeline!(numbers | map(|n| n + 1) | collect()).run();
}
