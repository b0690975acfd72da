use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([0.5]) | take(1).keyed(|n| *n) | discard()).run()?;
    Ok(())
}
