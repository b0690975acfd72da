use millstream::prelude::*;

#[stage]
fn sliding(#[param(default = 3, range = 2..)] size: u32, n: u32) -> u32 {
    n * size
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | sliding(size = "three") | collect()).run()?;
    Ok(())
}
