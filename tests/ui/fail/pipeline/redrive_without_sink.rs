use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | map(|n| n + 1)).redrive("rejects.jsonl")?;
    Ok(())
}
