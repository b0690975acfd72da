use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([(1, 2)]) | tee(discard(), collect()).keyed(0)).run()?;
    Ok(())
}
