use millstream::prelude::*;

#[record(packed)]
struct Game {
    point: u8,
    set_point: u8,
}

fn main() {}
