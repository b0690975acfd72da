use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
#[stage]
fn read(item: u32) -> Result<u32, Failed> {
    Ok(item)
}

fn main() {
    let _ = read(1);
}
