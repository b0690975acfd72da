use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | unique(max = 3, max = 4) | collect()).run()?;
    Ok(())
}
