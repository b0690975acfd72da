use millstream::prelude::*;

#[record]
struct R {
    #[field(len = 1..)]
    value: &'static str,
}

fn main() {}
