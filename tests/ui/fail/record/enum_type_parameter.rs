use millstream::prelude::*;

#[record]
enum Payment<T> {
    Cash,
    Other(T),
}

fn main() {}
