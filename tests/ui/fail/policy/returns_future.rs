use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
fn read() -> impl Future<Output = Result<u32, Failed>> {
    async { Ok(1) }
}

fn main() {
    let _ = read();
}
