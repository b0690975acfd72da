use millstream::prelude::*;

#[sink]
fn save(n: &mut u32) {
    *n += 1;
}

fn main() {}
