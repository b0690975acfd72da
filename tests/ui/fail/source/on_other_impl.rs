use millstream::prelude::*;

struct Numbers;

#[source]
impl Default for Numbers {
    fn default() -> Self {
        Numbers
    }
}

fn main() {}
