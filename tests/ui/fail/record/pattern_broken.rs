use millstream::prelude::*;

#[record]
struct R<'a> {
    #[field(pattern = "[0-9")]
    value: &'a str,
}

fn main() {}
