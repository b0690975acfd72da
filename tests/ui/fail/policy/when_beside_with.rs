use millstream::policy::{Aged, Fallback, Stale};
use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

static LAST: Stale<(), Aged<u32>> = Fallback::stale(1);

#[fallback(stale_if_error, with = &LAST, when = |_| true)]
fn read() -> Result<Aged<u32>, Failed> {
    Ok(Aged::fresh(1))
}

fn main() {
    let _ = read();
}
