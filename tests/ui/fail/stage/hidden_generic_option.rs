use millstream::prelude::*;

type Perhaps<T> = Option<T>;

#[stage]
fn same<T>(item: T) -> Perhaps<T> {
    Some(item)
}

fn main() {}
