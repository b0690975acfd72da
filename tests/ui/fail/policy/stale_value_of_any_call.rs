use millstream::policy::Aged;
use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

struct Client;

#[fallback(stale_if_error)]
fn read(client: &Client, sensor: u32) -> Result<Aged<u32>, Failed> {
    let Client = client;
    Ok(Aged::fresh(sensor))
}

fn main() {
    let _ = read(&Client, 1);
    read::clear_stale();
}
