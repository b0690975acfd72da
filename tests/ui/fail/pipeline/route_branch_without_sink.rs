use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | route(when(|n| *n > 1, map(|n| n + 1)), otherwise(collect()))).run()?;
    Ok(())
}
