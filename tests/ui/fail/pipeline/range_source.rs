use millstream::prelude::*;

#[stage]
fn double(n: u32) -> u32 {
    n * 2
}

fn main() -> millstream::Result<()> {
    pipeline!(0..10 | double | collect()).run()?;
    Ok(())
}
