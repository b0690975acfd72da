use millstream::prelude::*;

include!("../../support/failed.rs");

#[retry]
fn read() -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Failed>>>> {
    Box::pin(async { Ok(1) })
}

fn main() {
    let _ = read();
}
