use millstream::prelude::*;
use millstream::sink::{Closed, Sink};
use millstream::stage::Flow;

#[derive(Default)]
struct Save;

#[sink]
impl Sink<String> for Save {
    type Output = ();
    fn write(&mut self, _: String) -> Result<Flow, Self::Error> {
        Ok(Flow::Continue(()))
    }
    fn close(self) -> Result<Closed<()>, Self::Error> {
        Ok(Closed::new(()))
    }
}

fn main() {
    let _ = pipeline!(from_iter([1_u32]) | Save).run();
}
