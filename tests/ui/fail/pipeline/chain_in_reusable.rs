use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let more = pipeline!(_ as u32 | chain(from_iter(0..3)));
    pipeline!(from_iter(0..3) | { more } | collect()).run()?;
    Ok(())
}
