use millstream::prelude::*;

#[stage]
fn doubled(n: u32) -> u32 {
    n * 2
}

fn main() {
    let _ = pipeline!(doubled | collect()).run();
}
