use millstream::prelude::*;

#[stage]
fn above(#[param(range = 0.0..)] threshold: f64, n: &f64) -> bool {
    *n > threshold
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([0.5]) | above(threshold = -1.5).or_skip() | collect()).run()?;
    Ok(())
}
