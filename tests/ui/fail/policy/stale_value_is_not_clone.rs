use millstream::policy::Aged;
use millstream::prelude::*;

include!("../../support/failed.rs");

struct Reading(u32);

#[fallback(stale_if_error)]
fn read() -> Result<Aged<Reading>, Failed> {
    Ok(Aged::fresh(Reading(1)))
}

fn main() {
    let _ = read().map(|reading| reading.0);
}
