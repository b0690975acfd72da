use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | tee(_ as u32 | discard(), collect())).run()?;
    Ok(())
}
