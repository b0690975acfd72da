use millstream::prelude::*;
use millstream::record::FromRow;

#[record]
struct R {
    list: Vec<u8>,
}

fn rows<T: for<'a> FromRow<'a>>() {}

fn read() {
    rows::<R>();
}

fn main() {}
