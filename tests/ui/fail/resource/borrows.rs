use millstream::prelude::*;
use std::borrow::Cow;

#[stage]
fn look_up(#[resource] list: &Vec<Cow<'_, str>>, n: usize) -> usize {
    list[0].len() + n
}

fn main() {}
