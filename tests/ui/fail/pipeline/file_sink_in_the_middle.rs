use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | json_lines("a.jsonl") | discard()).run()?;
    Ok(())
}
