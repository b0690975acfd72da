use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(["a".to_owned()]) | tee(cloned | collect(), cloned | collect())).run()?;
    Ok(())
}
