use millstream::prelude::*;

#[sink(finish = count)]
fn save(#[state] count: &mut u32, _n: u32) {
    *count += 1;
}

fn main() {}
