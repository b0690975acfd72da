// errors: 2
use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(
        from_iter(0..3)
            | select(a)
            | window("10m")
            | collect()
    )
    .run()?;
    Ok(())
}
