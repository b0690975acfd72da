use millstream::prelude::*;

#[finish]
fn total_of(name: &str, sum: &u64) -> Option<u64> {
    let _ = name;
    Some(*sum)
}

fn main() {}
