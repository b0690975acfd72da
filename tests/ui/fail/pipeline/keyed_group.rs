use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([(1, 2)]) | (take(1) | skip(1)).keyed(0) | collect()).run()?;
    Ok(())
}
