use millstream::prelude::*;

include!("../../support/failed.rs");

struct Client(u32);

impl Client {
    #[circuit_breaker]
    fn read(&self, id: u32) -> Result<u32, Failed> {
        Ok(self.0 + id)
    }
}

fn main() {
    let _ = Client(1).read(1);
}
