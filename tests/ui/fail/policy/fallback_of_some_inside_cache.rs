use millstream::prelude::*;

include!("../../support/failed.rs");

#[cached]
#[fallback(value = 1, when = |_| true)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
