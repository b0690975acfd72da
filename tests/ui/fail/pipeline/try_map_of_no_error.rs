use millstream::prelude::*;

struct Bad;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | try_map(|n| if n > 1 { Err(Bad) } else { Ok(n) }) | collect()).run()?;
    Ok(())
}
