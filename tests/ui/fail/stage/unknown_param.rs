use millstream::prelude::*;

#[stage]
fn window(#[param(default = 2)] size: usize, item: u32) -> usize {
    size + item as usize
}

fn main() {
    let _ = window::builder().sise(3).build();
}
