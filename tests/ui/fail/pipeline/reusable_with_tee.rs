use millstream::prelude::*;

fn main() {
    let _ = pipeline!(_ as u32 | tee(discard(), discard()));
}
