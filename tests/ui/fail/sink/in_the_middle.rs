use millstream::prelude::*;

#[sink]
fn save(_n: u32) {}

#[stage]
fn doubled(n: u32) -> u32 {
    n * 2
}

fn main() {
    let _ = pipeline!(from_iter([1]) | save | doubled | collect()).run();
}
