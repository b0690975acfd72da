use millstream::prelude::*;

#[stage]
fn small(n: u32) -> Result<u8, std::num::TryFromIntError> {
    u8::try_from(n)
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | small.or_skp() | collect()).run()?;
    Ok(())
}
