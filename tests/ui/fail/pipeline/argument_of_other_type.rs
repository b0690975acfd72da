use millstream::prelude::*;

#[stage]
fn sliding(#[param(default = 3)] size: u32, n: u32) -> u32 {
    n * size
}

fn main() -> millstream::Result<()> {
    let size = "three";
    pipeline!(from_iter(0..3) | sliding(size = size) | collect()).run()?;
    Ok(())
}
