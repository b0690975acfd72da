use millstream::prelude::*;

#[record]
struct R {
    #[field(pattern = "^[0-9]+$")]
    value: u8,
}

fn main() {}
