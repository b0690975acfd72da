use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker]
fn read() -> Option<u32> {
    None
}

fn main() {
    let _ = read();
}
