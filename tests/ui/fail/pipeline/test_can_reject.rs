use millstream::prelude::*;

#[stage]
fn even(#[param(default = 2)] by: u32, n: &u32) -> Result<bool, std::num::TryFromIntError> {
    Ok(u8::try_from(*n)? % u8::try_from(by)? == 0)
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | route(when(even(), discard()), otherwise(discard()))).run()?;
    Ok(())
}
