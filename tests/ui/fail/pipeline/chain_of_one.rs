use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(chain(from_iter(0..3)) | collect()).run()?;
    Ok(())
}
