// errors: 2
use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

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
