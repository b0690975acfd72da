use millstream::prelude::*;

#[stage]
fn double(n: u32) -> u32 {
    n * 2
}

fn main() -> millstream::Result<()> {
    pipeline!(double | collect()).run()?;
    Ok(())
}
