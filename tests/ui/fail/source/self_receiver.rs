use millstream::prelude::*;

struct Numbers;

impl Numbers {
    #[source]
    fn numbers(&self) -> Option<u32> {
        None
    }
}

fn main() {}
