use millstream::prelude::*;

#[derive(Clone)]
struct Point(u32);

#[stage]
fn small(n: Point) -> Result<u8, std::num::TryFromIntError> {
    u8::try_from(n.0)
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Point(1)]) | small.or_dead_letter("a.jsonl", keep = input) | collect()).run()?;
    Ok(())
}
