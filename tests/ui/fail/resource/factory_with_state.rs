use millstream::prelude::*;

struct Db;

#[resource]
fn db(#[state] count: &mut u32) -> Db {
    *count += 1;
    Db
}

fn main() {}
