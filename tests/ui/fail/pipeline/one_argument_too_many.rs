use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | take(1, 2) | collect()).run()?;
    Ok(())
}
