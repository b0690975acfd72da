use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..10) || collect()).run()?;
    Ok(())
}
