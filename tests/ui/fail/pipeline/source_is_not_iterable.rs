// errors: 2
use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(10) | collect()).run()?;
    Ok(())
}
