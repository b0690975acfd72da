use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | map(|n| n + 1).named("a").named("b") | collect()).run()?;
    Ok(())
}
