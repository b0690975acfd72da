use millstream::prelude::*;

fn main() {
    let _ = pipeline!(
        _ as u64 | route(when(|n| *n > 1, route(when(|n| *n > 2, discard()))), otherwise(map(|n| n + 1))) | map(|n| n)
    );
}
