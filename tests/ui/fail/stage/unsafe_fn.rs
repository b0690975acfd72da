use millstream::prelude::*;

#[stage]
unsafe fn peek(at: usize) -> usize {
    at
}

fn main() {}
