use millstream::policy::{Fallback, Stale};

#[derive(Clone)]
struct Reading(f64);

static LAST: Stale<u32, Reading> = Fallback::stale(8);

fn main() {
    let _ = LAST.run(7, || Err::<Reading, _>("down"));
}
