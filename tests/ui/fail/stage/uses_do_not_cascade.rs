// errors: 2
use millstream::prelude::*;

#[stage]
async fn parse(#[param] base: u32, text: &str) -> Result<u32, std::num::ParseIntError> {
    u32::from_str_radix(text, base)
}

#[stage]
fn double(#[state] seen: Vec<u32>, n: u32) -> u64 {
    drop(seen);
    u64::from(n) * 2
}

#[stage]
fn show(n: u64) {
    println!("{n}");
}

fn main() {
    let lines = ["1", "2"];
    let _ = pipeline!(from_iter(lines) | parse(base = 10).or_skip() | double | show).run();
}
