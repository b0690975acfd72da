use millstream::prelude::*;

include!("../../support/failed.rs");

struct Query {
    id: u32,
}

#[circuit_breaker(key = id)]
#[retry]
fn read(Query { id }: Query) -> Result<u32, Failed> {
    Ok(id)
}

fn main() {
    let _ = read(Query { id: 1 });
}
