use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | zip(_ as u32 | map(|n| n + 1)) | collect()).run()?;
    Ok(())
}
