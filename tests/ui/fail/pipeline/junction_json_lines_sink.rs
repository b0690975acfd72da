use millstream::prelude::*;

struct Point(u32);

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | map(|n| Point(n)) | json_lines("out.jsonl")).run()?;
    Ok(())
}
