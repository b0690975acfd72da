// errors: 2
use millstream::prelude::*;

struct Twice;

#[stage]
impl Twice {}

#[stage]
impl Clone for Twice {
    fn clone(&self) -> Self {
        Twice
    }
}

fn main() {}
