use millstream::prelude::*;

struct Point(u32);

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Point(1)]) | dedup | discard()).run()?;
    Ok(())
}
