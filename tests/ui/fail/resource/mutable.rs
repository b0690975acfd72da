use millstream::prelude::*;

#[sink]
fn save(#[resource] list: &mut Vec<u32>, n: u32) {
    list.push(n);
}

fn main() {}
