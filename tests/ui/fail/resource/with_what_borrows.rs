use millstream::prelude::*;

fn main() {
    let text = String::from("x");
    let _ = pipeline!(from_iter([1]) | discard()).with(text.as_str()).run();
}
