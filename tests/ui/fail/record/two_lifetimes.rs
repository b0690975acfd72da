use millstream::prelude::*;

#[record]
struct R<'a, 'b> {
    a: &'a str,
    b: &'b str,
}

fn main() {}
