use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
fn read(#[deadline] _deadline: millstream::policy::Deadline) -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
