use millstream::prelude::*;

include!("../../support/failed.rs");

#[derive(Clone, Copy)]
struct Query(u32);

impl Query {
    #[retry]
    fn read(mut self) -> Result<u32, Failed> {
        self.0 += 1;
        Ok(self.0)
    }
}

fn main() {
    let _ = Query(1).read();
}
