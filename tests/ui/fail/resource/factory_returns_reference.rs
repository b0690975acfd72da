use millstream::prelude::*;

#[resource]
fn db() -> &'static str {
    "shop.db"
}

fn main() {}
