use millstream::prelude::*;

#[sink]
fn save(#[resource] list: Vec<u32>, n: u32) {
    let _ = (list, n);
}

fn main() {}
