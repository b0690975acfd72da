use millstream::prelude::*;

include!("../../support/failed.rs");

static PLACES: millstream::policy::Bulkhead = millstream::policy::Bulkhead::new(1);

#[rate_limit(with = &PLACES, refuse)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
