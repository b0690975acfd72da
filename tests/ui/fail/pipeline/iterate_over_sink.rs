use millstream::prelude::*;

fn main() {
    for n in pipeline!(from_iter(0..300_u32) | collect()) {
        println!("{n}");
    }
}
