use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | chain(from_iter(0..3_u32) | map(|n| n.to_string())) | collect()).run()?;
    Ok(())
}
