use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker]
fn read(client: &(impl ToString + Send)) -> Result<u32, Failed> {
    client.to_string().parse().map_err(|_| Failed)
}

fn main() {
    let _ = read(&1);
}
