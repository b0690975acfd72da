use millstream::prelude::*;

#[sink]
fn save(_text: &String) {}

fn main() {
    let _ = pipeline!(from_iter([1_u32]) | save).run();
}
