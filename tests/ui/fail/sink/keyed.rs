use millstream::prelude::*;

#[sink]
fn save(#[state] count: &mut u32, _n: u32) {
    *count += 1;
}

fn main() {
    let _ = pipeline!(from_iter([1]) | save.keyed(|n| *n)).run();
}
