// errors: 15
use millstream::prelude::*;

#[retry(attempts = 0, atempts = 3, backoff = exponential("5", factor = 0.1), jitter = some)]
#[circuit_breaker(rate = 2.0, probes = 0, within = "1 week")]
#[bulkhead(0, queue = -1)]
#[timeout(1)]
#[retry]
const fn read() -> u32 {
    1
}

fn main() {
    let _ = read();
}
