use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | (take(1) | skip(1)).or_skip() | collect()).run()?;
    Ok(())
}
