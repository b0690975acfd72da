use millstream::prelude::*;

#[source]
fn numbers() -> impl Iterator<Item = u32> {
    0..3
}

fn main() {
    let _ = pipeline!(numbers | numbers | map(|n| n + 1) | collect()).run();
}
