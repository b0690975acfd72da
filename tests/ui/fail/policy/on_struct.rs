use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
struct Read;

fn main() {
    let _ = (Read, Failed);
}
