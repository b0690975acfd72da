use millstream::policy::Aged;
use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

struct Reading(u32);

#[fallback(stale_if_error)]
fn read() -> Result<Aged<Reading>, Failed> {
    Ok(Aged::fresh(Reading(1)))
}

fn main() {
    let _ = read().map(|reading| reading.0);
}
