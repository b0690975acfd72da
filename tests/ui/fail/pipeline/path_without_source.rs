use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | merge(map(|n| n + 1)) | collect()).run()?;
    Ok(())
}
