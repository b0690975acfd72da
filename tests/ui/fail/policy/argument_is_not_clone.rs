use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

struct Query(u32);

#[retry]
fn read(query: Query) -> Result<u32, Failed> {
    Ok(query.0)
}

fn main() {
    let _ = read(Query(1));
}
