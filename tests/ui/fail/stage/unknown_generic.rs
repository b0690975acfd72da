use millstream::prelude::*;

#[stage]
fn made<T: Default>(item: u32) -> T {
    let _ = item;
    T::default()
}

fn main() {}
