use millstream::policy::Aged;
use millstream::prelude::*;

include!("../../support/failed.rs");

#[fallback(stale_if_error)]
#[cached]
fn read() -> Result<Aged<u32>, Failed> {
    Ok(Aged::fresh(1))
}

fn main() {
    let _ = read();
}
