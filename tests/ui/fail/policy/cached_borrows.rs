use millstream::prelude::*;

#[cached]
fn read(text: &str) -> &str {
    text
}

fn main() {
    let _ = read("a");
}
