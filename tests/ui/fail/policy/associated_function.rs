// errors: 2
use millstream::prelude::*;

include!("../../support/failed.rs");

struct Client;

impl Client {
    #[retry]
    fn read() -> Result<u32, Failed> {
        Ok(1)
    }
}

fn main() {
    let _ = (Client, Client::read());
}
