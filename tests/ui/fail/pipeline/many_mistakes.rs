// errors: 12
use millstream::prelude::*;

#[stage]
fn times(#[param] by: u32, n: u32) -> u32 {
    n * by
}

fn main() -> millstream::Result<()> {
    pipeline!(
        from_iter(0..3).keyed(n)
            | times(2)
            | times(by = 2, by = 3)
            | take
            | map(|n| n + 1).or_skip()
            | times(by = 2).await
            | times(by = 2)?
            | times(by = 2).parallel(2)
            | times(by = 2).keyd(n)
            | tee(select(1), 5 | collect())
            | collect()
            | discard()
    )
    .run()?;
    Ok(())
}
