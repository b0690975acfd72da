use millstream::prelude::*;

#[rate_limit(per_minute = 10)]
fn read() -> u32 { 1 }

fn main() {
    let _ = read();
}
