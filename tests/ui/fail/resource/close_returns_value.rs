use millstream::prelude::*;

struct Db;

#[resource(close = put_away)]
fn db() -> Db {
    Db
}

fn put_away(_: Db) -> bool {
    true
}

fn main() {}
