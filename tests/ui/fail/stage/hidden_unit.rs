use millstream::prelude::*;

type Nothing = ();

#[stage]
fn print(item: u32) -> Nothing {
    println!("{item}");
}

fn main() {}
