use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([(1, 2)]) | take(1).keyed() | collect()).run()?;
    Ok(())
}
