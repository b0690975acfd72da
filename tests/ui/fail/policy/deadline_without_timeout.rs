use millstream::prelude::*;

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[retry]
fn read(#[deadline] _deadline: millstream::policy::Deadline) -> Result<u32, Failed> {
    Ok(1)
}

fn main() {
    let _ = read();
}
