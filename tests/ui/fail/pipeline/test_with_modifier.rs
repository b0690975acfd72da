use millstream::prelude::*;

#[stage]
fn above(#[param(default = 1)] threshold: u32, n: &u32) -> bool {
    *n > threshold
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | route(when(above(threshold = 2).or_skip(), discard()), otherwise(discard()))).run()?;
    Ok(())
}
