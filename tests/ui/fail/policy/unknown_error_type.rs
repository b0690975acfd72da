use millstream::prelude::*;

#[circuit_breaker]
#[retry]
fn read() -> Result<u32, Missing> {
    Ok(1)
}

fn main() {
    let _ = read();
}
