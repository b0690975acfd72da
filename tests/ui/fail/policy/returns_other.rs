use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
fn read() -> Failed {
    Failed
}

fn main() {
    let _ = read();
}
