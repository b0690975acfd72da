use millstream::prelude::*;

#[stage]
fn look_up(#[resource] names: &Vec<String>, item: usize) -> Option<String> {
    names.get(item).cloned()
}

fn main() {}
