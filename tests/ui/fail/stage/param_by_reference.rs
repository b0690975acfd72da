use millstream::prelude::*;

#[stage]
fn starts(#[param] prefix: &str, line: &str) -> bool {
    line.starts_with(prefix)
}

fn main() {}
