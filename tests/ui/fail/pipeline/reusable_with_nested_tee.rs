use millstream::prelude::*;

fn main() {
    let _ = pipeline!(_ as u64 | route(when(|n| *n > 1, tee(discard()) | map(|n| *n)), otherwise(map(|n| n + 1))) | map(|n| n));
}
