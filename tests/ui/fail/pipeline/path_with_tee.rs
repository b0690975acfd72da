use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | tee(discard()) | map(|n| n) | merge(from_iter(0..3)) | collect()).run()?;
    Ok(())
}
