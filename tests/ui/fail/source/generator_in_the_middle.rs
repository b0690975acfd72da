use millstream::prelude::*;

#[source]
fn numbers(#[state] n: &mut u32) -> Option<u32> {
    *n += 1;
    (*n < 3).then_some(*n)
}

fn main() {
    let _ = pipeline!(from_iter([1]) | numbers | map(|n| n + 1) | collect()).run();
}
