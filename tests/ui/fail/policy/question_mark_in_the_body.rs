use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[retry]
fn read(text: &str) -> Result<u32, Failed> {
    Ok(text.parse::<u32>()?)
}

fn main() {
    let _ = read("1");
}
