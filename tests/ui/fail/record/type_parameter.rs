use millstream::prelude::*;

#[record]
struct R<T> {
    value: T,
}

fn main() {}
