use millstream::prelude::*;

#[rate_limit(per_second = 0.1)]
fn read() -> u32 { 1 }

fn main() {
    let _ = read();
}
