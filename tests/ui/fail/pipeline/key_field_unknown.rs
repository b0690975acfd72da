use millstream::prelude::*;

struct Reading {
    sensor: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Reading { sensor: 1 }]) | take(1).keyed(senser) | discard()).run()?;
    Ok(())
}
