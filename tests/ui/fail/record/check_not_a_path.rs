use millstream::prelude::*;

#[record]
struct R {
    #[field(check = |v| true)]
    value: u8,
}

fn main() {}
