use millstream::prelude::*;

struct Db;

#[resource]
fn db(path: String) -> Db {
    let _ = path;
    Db
}

fn main() {}
