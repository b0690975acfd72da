use millstream::prelude::*;

#[record]
struct R {
    #[cfg(debug_assertions)]
    value: u64,
}

fn main() {}
