use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | chain() | collect()).run()?;
    Ok(())
}
