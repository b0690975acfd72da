use millstream::prelude::*;

struct Failed;

#[fallback(value = 0)]
#[retry]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
