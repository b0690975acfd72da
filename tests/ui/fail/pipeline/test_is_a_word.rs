use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | route(when(filter(|n| *n > 1), discard()), otherwise(discard()))).run()?;
    Ok(())
}
