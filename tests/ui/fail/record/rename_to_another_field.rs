use millstream::prelude::*;

#[record]
struct R {
    a: u8,
    #[field(rename = "a")]
    b: u8,
}

fn main() {}
