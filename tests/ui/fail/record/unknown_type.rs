use millstream::prelude::*;

#[record]
struct R {
    #[field(range = 0..)]
    value: Nowhere,
}

fn main() {}
