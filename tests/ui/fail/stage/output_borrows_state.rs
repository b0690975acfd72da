// errors: 2
use millstream::prelude::*;

#[stage]
fn kept(#[state] text: &mut String, item: u32) -> &str {
    text.push_str(&item.to_string());
    text
}

#[stage]
fn named<'s>(#[state] text: &'s mut String, item: &u32) -> Option<&'s str> {
    text.push_str(&item.to_string());
    Some(text)
}

fn main() {}
