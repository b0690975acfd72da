use millstream::prelude::*;

fn main() {
    let more = millstream::source::from_iter([1]);
    let _ = pipeline!(from_iter([1]) | { more } | collect()).run();
}
