use millstream::prelude::*;

#[sink]
fn save(#[param] n: u32) {
    let _ = n;
}

fn main() {}
