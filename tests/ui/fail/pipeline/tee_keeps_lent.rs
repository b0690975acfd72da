// errors: 3
use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | tee(collect(), discard())).run()?;
    pipeline!(from_iter(0..3) | tee(filter(|n| **n > 1) | chunks(2) | discard(), collect())).run()?;
    pipeline!(from_iter(0..3) | tee(discard(), take(2) | dedup | discard()) | discard()).run()?;
    Ok(())
}
