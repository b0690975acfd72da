use millstream::prelude::*;

#[sink]
fn save(a: u32, b: u32) {
    let _ = (a, b);
}

fn main() {
    let _ = pipeline!(from_iter([1]) | save).run();
}
