use millstream::prelude::*;

#[source]
fn texts(#[resource] text: &String) -> Option<&str> {
    Some(text)
}

fn main() {}
