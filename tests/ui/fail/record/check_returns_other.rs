use millstream::prelude::*;

fn double(n: &u8) -> u8 {
    n * 2
}

#[record]
struct R {
    #[field(check = double)]
    value: u8,
}

fn main() {}
