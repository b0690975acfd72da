use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | map(|n| n + 1).or_skip() | collect()).run()?;
    Ok(())
}
