use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let more = vec![3, 4];
    pipeline!(from_iter(0..3) | chain({ more }) | collect()).run()?;
    Ok(())
}
