// errors: 2
use millstream::prelude::*;

#[stage]
fn between(#[param] low: u32, #[param] high: u32, n: &u32) -> bool {
    (low..=high).contains(n)
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | between() | collect()).run()?;
    Ok(())
}
