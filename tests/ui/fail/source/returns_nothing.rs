use millstream::prelude::*;

#[source]
fn numbers(#[param] count: u32) {
    let _ = count;
}

fn main() {}
