// errors: 6
use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(
        from_iter(0..3)
            | zip(0..)
            | chain(0..)
            | merge(0..)
            | join(0..)
            | select(a)
            | window("10m")
            | collect()
    )
    .run()?;
    Ok(())
}
