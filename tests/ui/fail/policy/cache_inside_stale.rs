use millstream::policy::Aged;
use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[fallback(stale_if_error)]
#[cached]
fn read() -> Result<Aged<u32>, Failed> {
    Ok(Aged::fresh(1))
}

fn main() {
    let _ = read();
}
