use millstream::policy::Aged;
use millstream::prelude::*;

include!("../../support/failed.rs");

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
