use millstream::prelude::*;

#[stage]
fn above(#[param] threshold: u32, n: &u32) -> bool {
    *n > threshold
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | above | collect()).run()?;
    Ok(())
}
