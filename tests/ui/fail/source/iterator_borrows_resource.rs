use millstream::prelude::*;

#[source]
fn numbers(#[resource] list: &Vec<u32>) -> impl Iterator<Item = u32> {
    list.clone().into_iter()
}

fn main() {}
