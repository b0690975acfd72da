use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([(1, 2)]) | take(1).keyed(0).keyed(1) | collect()).run()?;
    Ok(())
}
