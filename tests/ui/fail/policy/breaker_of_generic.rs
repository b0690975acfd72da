use millstream::prelude::*;

include!("../../support/failed.rs");

#[circuit_breaker]
fn read<T: Into<u32>>(id: T) -> Result<u32, Failed> {
    Ok(id.into())
}

fn main() {
    let _ = read(1_u32);
}
