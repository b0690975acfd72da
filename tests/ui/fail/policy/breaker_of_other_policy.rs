use millstream::prelude::*;

include!("../../support/failed.rs");

const LIMIT: millstream::policy::Timeout = millstream::policy::Timeout::new(std::time::Duration::from_secs(1));

#[circuit_breaker(with = LIMIT)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
