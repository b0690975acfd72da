use millstream::prelude::*;

include!("../../support/failed.rs");

struct Query(u32);

impl Query {
    #[retry]
    fn read(self) -> Result<u32, Failed> {
        Ok(self.0)
    }
}

fn main() {
    let _ = Query(1).read();
}
