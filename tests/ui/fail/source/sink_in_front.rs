use millstream::prelude::*;

#[sink]
fn save(_n: u32) {}

fn main() {
    let _ = pipeline!(save | collect()).run();
}
