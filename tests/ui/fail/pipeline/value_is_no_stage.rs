use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let ten = 10;
    pipeline!(from_iter(0..3) | { ten } | collect()).run()?;
    Ok(())
}
