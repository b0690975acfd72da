use millstream::prelude::*;
use millstream::stage::{AnyKey, Flow, Never, Rejected, Stage};

struct Counter(u32);

impl Stage<u32> for Counter {
    type Out = u32;
    type Error = Never;
    type Key = AnyKey;

    fn process(&mut self, item: u32, mut out: impl FnMut(u32) -> Flow) -> Result<Flow, Rejected<Never, u32>> {
        self.0 += item;
        Ok(out(self.0))
    }
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | { Counter(0) }.keyed(|n| *n) | collect()).run()?;
    Ok(())
}
