use millstream::prelude::*;

#[stage]
fn total(#[state] sum: &mut u32, n: u32) {
    *sum += n;
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([1, 2]) | total | collect()).run()?;
    Ok(())
}
