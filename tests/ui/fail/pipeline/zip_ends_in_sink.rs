use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | zip(from_iter(0..3) | collect()) | collect()).run()?;
    Ok(())
}
