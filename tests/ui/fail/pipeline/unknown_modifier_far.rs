use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | map(|n| n + 1).fast() | collect()).run()?;
    Ok(())
}
