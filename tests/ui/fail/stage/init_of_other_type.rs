use millstream::prelude::*;

#[stage]
fn count(#[state(init = "0")] seen: &mut u64, item: u32) -> u64 {
    *seen += u64::from(item);
    *seen
}

fn main() {}
