use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | take(1).keyed(sensor) | discard()).run()?;
    Ok(())
}
