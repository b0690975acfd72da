use millstream::prelude::*;

#[finish]
fn total_of(sum: u64) {
    let _ = sum;
}

fn main() {}
