use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | route(when(|n| *n > 1, discard()), otherwise(map(|n| n + 1))) | collect()).run()?;
    Ok(())
}
