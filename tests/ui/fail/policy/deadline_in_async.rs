use millstream::prelude::*;

include!("../../support/failed.rs");

#[timeout("1s")]
async fn read(#[deadline] _deadline: millstream::policy::Deadline) -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
