use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | zip(from_iter(0..3), by = 2) | collect()).run()?;
    Ok(())
}
