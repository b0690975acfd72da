use millstream::prelude::*;

fn main() {
    let sum: u32 = pipeline!(from_iter(["1", "2"]) | try_map(|text| text.parse::<u32>())).sum();
    println!("{sum}");
}
