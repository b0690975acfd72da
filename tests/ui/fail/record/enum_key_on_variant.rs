use millstream::prelude::*;

#[record]
enum Payment {
    #[key]
    Cash,
}

fn main() {}
