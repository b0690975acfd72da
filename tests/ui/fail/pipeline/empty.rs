use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!().run()?;
    Ok(())
}
