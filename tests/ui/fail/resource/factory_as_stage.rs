use millstream::prelude::*;

struct Db;

#[resource]
fn db() -> Db {
    Db
}

fn main() {
    let _ = pipeline!(from_iter([1]) | db | collect()).run();
}
