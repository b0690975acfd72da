use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([(1, 2)]) | (take(1) | skip(1)).parallel(4) | collect()).run()?;
    Ok(())
}
