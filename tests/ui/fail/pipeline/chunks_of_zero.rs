use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | chunks(0) | collect()).run()?;
    Ok(())
}
