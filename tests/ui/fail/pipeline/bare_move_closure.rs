use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let by = 2;
    pipeline!(from_iter(0..10) | move |x| x * by | collect()).run()?;
    Ok(())
}
