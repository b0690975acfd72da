use millstream::prelude::*;

#[record]
struct R {
    #[field(len = "5")]
    value: String,
}

fn main() {}
