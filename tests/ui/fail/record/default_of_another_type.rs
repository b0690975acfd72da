use millstream::prelude::*;

#[record]
struct R {
    #[field(default = "x")]
    value: u8,
}

fn main() {}
