use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let values = vec![1, 2];
    pipeline!({ values } | collect()).run()?;
    Ok(())
}
