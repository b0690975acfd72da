use millstream::prelude::*;

#[stage]
fn look_up<'a>(#[resource] list: &'a Vec<u32>, n: u32) -> u32 {
    list[0] + n
}

fn main() {}
