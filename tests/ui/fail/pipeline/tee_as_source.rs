use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(tee(discard(), collect())).run()?;
    Ok(())
}
