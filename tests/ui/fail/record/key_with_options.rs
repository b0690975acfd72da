use millstream::prelude::*;

#[record]
struct R {
    #[key(first)]
    value: u64,
}

fn main() {}
