use millstream::prelude::*;

#[stage]
fn look_up<'a>(#[resource] list: &Vec<&'a str>, n: usize) -> usize {
    list[0].len() + n
}

fn main() {}
