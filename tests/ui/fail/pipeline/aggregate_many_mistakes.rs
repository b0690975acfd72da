// errors: 5
use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([1]) | aggregate(sum(), top(1, id), top_k(0, id), min(id, id), 7) | collect()).run()?;
    Ok(())
}
