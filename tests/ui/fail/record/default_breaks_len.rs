use millstream::prelude::*;

#[record]
struct R {
    #[field(default = "abc", len = ..=2)]
    value: String,
}

fn main() {}
