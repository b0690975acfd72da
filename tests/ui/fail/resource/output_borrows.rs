use millstream::prelude::*;

#[stage]
fn look_up(#[resource] list: &Vec<String>, n: usize) -> Option<&str> {
    list.get(n).map(String::as_str)
}

fn main() {}
