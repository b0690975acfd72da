use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!((0..10) | collect()).run()?;
    Ok(())
}
