use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([0.5, 1.5]) | unique | collect()).run()?;
    Ok(())
}
