use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(map(|n: u32| n + 1) | collect()).run()?;
    Ok(())
}
