use millstream::prelude::*;

#[stage]
fn look_up(#[resource] list: &impl Fn(usize) -> usize, n: usize) -> usize {
    list(n)
}

fn main() {}
