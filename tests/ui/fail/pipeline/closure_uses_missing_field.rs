use millstream::prelude::*;

struct Reading {
    sensor: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Reading { sensor: 1 }]) | map(|r| r.senser) | collect()).run()?;
    Ok(())
}
