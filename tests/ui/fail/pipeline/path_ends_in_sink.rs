use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | merge(from_iter(0..3) | collect()) | collect()).run()?;
    Ok(())
}
