use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([(1, 2)]) | map(|pair| pair.0).keyed(0) | collect()).run()?;
    Ok(())
}
