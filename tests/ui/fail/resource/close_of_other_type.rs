use millstream::prelude::*;

struct Db;

#[resource(close = put_away)]
fn db() -> Db {
    Db
}

fn put_away(_: u32) {}

fn main() {}
