use millstream::prelude::*;

#[circuit_breaker]
fn read() -> Result<u32, String> {
    Ok(1)
}

fn main() {
    let _ = read();
}
