use millstream::prelude::*;

include!("../../support/failed.rs");

struct Query(u32);

#[retry]
fn read(query: Query) -> Result<u32, Failed> {
    Ok(query.0)
}

fn main() {
    let _ = read(Query(1));
}
