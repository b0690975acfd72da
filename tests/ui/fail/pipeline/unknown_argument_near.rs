use millstream::prelude::*;

#[stage]
fn sliding(#[param(default = 3)] size: u32, n: u32) -> u32 {
    n * size
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | sliding(sise = 3) | collect()).run()?;
    Ok(())
}
