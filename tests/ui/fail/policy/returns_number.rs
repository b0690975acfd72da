use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
fn read() -> u32 {
    1
}

fn main() {
    let _ = read();
}
