use millstream::prelude::*;

#[source]
fn numbers(#[param] count: u32) -> impl Iterator<Item = u32> {
    0..count
}

fn main() {
    let _ = pipeline!(numbers | collect()).run();
}
