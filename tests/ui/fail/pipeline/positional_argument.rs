use millstream::prelude::*;

#[stage]
fn times(#[param] by: u32, n: u32) -> u32 {
    n * by
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | times(3) | collect()).run()?;
    Ok(())
}
