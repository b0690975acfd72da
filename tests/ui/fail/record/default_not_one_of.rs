use millstream::prelude::*;

#[record]
struct R {
    #[field(default = "c", one_of = ["a", "b"])]
    value: String,
}

fn main() {}
