use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(collect()).run()?;
    Ok(())
}
