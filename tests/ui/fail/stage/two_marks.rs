use millstream::prelude::*;

#[stage]
fn window(#[param] #[state] size: usize, item: u32) -> usize {
    size + item as usize
}

fn main() {}
