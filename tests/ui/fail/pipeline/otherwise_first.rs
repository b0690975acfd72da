use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | route(otherwise(discard()), when(|n| *n > 1, collect()))).run()?;
    Ok(())
}
