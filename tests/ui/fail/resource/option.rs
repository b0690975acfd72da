use millstream::prelude::*;

#[stage]
fn look_up(#[resource(name = "x")] list: &Vec<usize>, n: usize) -> usize {
    list[n]
}

fn main() {}
