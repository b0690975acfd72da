use millstream::prelude::*;

fn main() {
    let _ = pipeline!(_ as u64 | for_each(|n| println!("{n}")));
}
