use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl From<millstream::policy::TimedOut> for Failed {
    fn from(_: millstream::policy::TimedOut) -> Self {
        Failed
    }
}

impl From<millstream::policy::CircuitOpen> for Failed {
    fn from(_: millstream::policy::CircuitOpen) -> Self {
        Failed
    }
}

impl From<millstream::policy::RateLimited> for Failed {
    fn from(_: millstream::policy::RateLimited) -> Self {
        Failed
    }
}

impl From<millstream::policy::BulkheadFull> for Failed {
    fn from(_: millstream::policy::BulkheadFull) -> Self {
        Failed
    }
}

#[rate_limit(per_second = 10, calls = 100, per = "1m")]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
