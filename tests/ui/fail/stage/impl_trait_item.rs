use millstream::prelude::*;

#[stage]
fn length(item: impl AsRef<str>) -> usize {
    item.as_ref().len()
}

fn main() {}
