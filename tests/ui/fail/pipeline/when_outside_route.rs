use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | when(|n| *n > 1, discard()) | collect()).run()?;
    Ok(())
}
