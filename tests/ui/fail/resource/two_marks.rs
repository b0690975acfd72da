use millstream::prelude::*;

#[stage]
fn look_up(#[resource] #[state] list: &Vec<usize>, n: usize) -> usize {
    list[n]
}

fn main() {}
