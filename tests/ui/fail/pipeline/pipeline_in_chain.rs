use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | chain(pipeline!(from_iter(5..7))) | discard()).run()?;
    Ok(())
}
