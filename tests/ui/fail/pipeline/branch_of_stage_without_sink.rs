use millstream::prelude::*;

#[stage]
fn double(n: &u32) -> u32 {
    n * 2
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | tee(double, discard()) | collect()).run()?;
    Ok(())
}
