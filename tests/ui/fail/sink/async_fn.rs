use millstream::prelude::*;

#[sink]
async fn save(_n: u32) {}

fn main() {}
