use millstream::prelude::*;

#[record]
struct R {
    #[field(default = "abc", pattern = "^[0-9]*$")]
    value: String,
}

fn main() {}
