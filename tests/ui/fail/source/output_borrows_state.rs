use millstream::prelude::*;

#[source]
fn texts(#[state] text: &mut String) -> Option<&str> {
    Some(text)
}

fn main() {}
