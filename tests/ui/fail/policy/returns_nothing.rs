use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
fn read() {}

fn main() {
    let _ = read();
}
