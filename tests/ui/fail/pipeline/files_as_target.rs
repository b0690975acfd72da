use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | lines(files("*.txt"))).run()?;
    Ok(())
}
