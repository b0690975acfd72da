// errors: 5
use millstream::prelude::*;

#[stage]
fn window(
    #[param(default = 2, range = 2..)] size: usize,
    #[param(default = 0, range = -3..=3)] shift: i64,
    #[param(default = 0.5, range = 0.0..=1.0)] share: f64,
    #[param(default = 'a', range = 'a'..='f')] letter: char,
    #[param(default = "x", len = 1..=3)] name: String,
    item: f64,
) -> f64 {
    let _ = (letter, name);
    size as f64 + shift as f64 + share + item
}

const _: () = <window>::__check_size(&1);
const _: () = <window>::__check_shift(&-4);
const _: () = <window>::__check_share(&1.5);
const _: () = <window>::__check_letter(&'z');
const _: () = <window>::__check_name(&"four");

fn main() {}
