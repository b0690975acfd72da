use millstream::prelude::*;

#[resource]
struct Db;

fn main() {}
