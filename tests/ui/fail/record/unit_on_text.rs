use millstream::prelude::*;

#[record]
struct R<'a> {
    #[field(unit = "celsius")]
    value: &'a str,
}

fn main() {}
