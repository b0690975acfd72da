use millstream::prelude::*;

#[record]
struct R {
    #[field(range = 0..=1)]
    value: bool,
}

fn main() {}
