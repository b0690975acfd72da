use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Some(1)]) | lines("out.txt")).run()?;
    Ok(())
}
