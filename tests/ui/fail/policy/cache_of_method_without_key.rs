use millstream::prelude::*;

include!("../../support/failed.rs");

struct Client(u32);

static CACHE: millstream::policy::Cache<u32, u32> = millstream::policy::Cache::new(8);

impl Client {
    #[cached(with = &CACHE)]
    fn read(&self, id: u32) -> Result<u32, Failed> {
        Ok(self.0 + id)
    }
}

fn main() {
    let _ = Client(1).read(1);
}
