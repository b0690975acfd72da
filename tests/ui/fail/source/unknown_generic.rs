use millstream::prelude::*;

#[source]
fn nothing<T>() -> Option<T> {
    None
}

fn main() {}
