use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[retry]
#[stage]
fn read(item: u32) -> Result<u32, Failed> {
    Ok(item)
}

fn main() {
    let _ = read(1);
}
