#![deny(unused_must_use)]
use millstream::prelude::*;

fn main() {
    pipeline!(from_iter(0..3_u32) | collect());
}
