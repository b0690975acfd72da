use millstream::prelude::*;

struct Reading(u32);

#[cached]
fn read() -> Reading {
    Reading(1)
}

fn main() {
    let _ = read().0;
}
