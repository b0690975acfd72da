use millstream::prelude::*;

struct Failed;

#[retry]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
