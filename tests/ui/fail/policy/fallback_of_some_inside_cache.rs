use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[cached]
#[fallback(value = 1, when = |_| true)]
fn read() -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
