use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(vec![1, 2] | collect()).run()?;
    Ok(())
}
