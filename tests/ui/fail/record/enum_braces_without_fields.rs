use millstream::prelude::*;

#[record]
enum Payment {
    Cash {},
}

fn main() {}
