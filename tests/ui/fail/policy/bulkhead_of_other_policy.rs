use millstream::prelude::*;

include!("../../support/failed.rs");

static LIMIT: millstream::policy::RateLimit = millstream::policy::RateLimit::per_second(1);

#[bulkhead(with = &LIMIT)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
