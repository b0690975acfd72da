use millstream::prelude::*;

#[stage]
fn at_least<T: PartialOrd + Clone>(#[param] limit: T, item: &T) -> bool {
    *item >= limit
}

fn main() {
    let _ = at_least::<u32>::builder().build();
}
