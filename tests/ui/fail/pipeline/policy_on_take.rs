use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | take(2).or_dead_letter("a.jsonl") | collect()).run()?;
    Ok(())
}
