use millstream::prelude::*;

#[record]
#[derive(Debug, serde::Serialize)]
struct R {
    value: u8,
}

fn main() {}
