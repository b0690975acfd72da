use millstream::policy::{Aged, Fallback, Stale};
use millstream::prelude::*;

include!("../../support/failed.rs");

static LAST: Stale<(), Aged<u32>> = Fallback::stale(1);

#[fallback(stale_if_error, with = &LAST, when = |_| true)]
fn read() -> Result<Aged<u32>, Failed> {
    Ok(Aged::fresh(1))
}

fn main() {
    let _ = read();
}
