use millstream::prelude::*;

#[stage]
fn twice(n: &u32) -> u32 {
    n * 2
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | route(when(twice(), discard()), otherwise(discard()))).run()?;
    Ok(())
}
