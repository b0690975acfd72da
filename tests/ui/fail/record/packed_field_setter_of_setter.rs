use millstream::prelude::*;

#[record(packed)]
struct Game {
    set_x: u8,
    set_set_x: u8,
}

fn main() {}
