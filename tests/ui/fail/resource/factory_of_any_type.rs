use millstream::prelude::*;

#[resource]
fn db<T: Default>() -> T {
    T::default()
}

fn main() {}
