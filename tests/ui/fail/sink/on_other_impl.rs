use millstream::prelude::*;
use millstream::sink::Sink;

struct Save;

#[sink]
impl Clone for Save {
    fn clone(&self) -> Self {
        Save
    }
}

fn main() {}
