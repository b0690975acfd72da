use millstream::prelude::*;

#[sink]
fn save(n: u32) -> u32 {
    n
}

fn main() {
    let _ = pipeline!(from_iter([1]) | save).run();
}
