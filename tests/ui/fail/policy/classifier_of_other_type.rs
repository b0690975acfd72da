use millstream::prelude::*;

include!("../../support/failed.rs");

fn is_transient(error: &str) -> bool {
    error.is_empty()
}

#[retry(when = is_transient)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
