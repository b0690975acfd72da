use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

struct Query(u32);

impl Query {
    #[retry]
    fn read(self) -> Result<u32, Failed> {
        Ok(self.0)
    }
}

fn main() {
    let _ = Query(1).read();
}
