use millstream::prelude::*;
use millstream::source::{At, Source};

struct Numbers(u32);

#[source]
impl Source for Numbers {
    type Item<'a> = u32;
    fn name(&self) -> String {
        self.0.to_string()
    }
    fn next(&mut self) -> Result<Option<(Result<u32, Self::Reject>, At<'_>)>, Self::Error> {
        Ok(None)
    }
}

fn main() {
    let _ = pipeline!(Numbers | collect()).run();
}
