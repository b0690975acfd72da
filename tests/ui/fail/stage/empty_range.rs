// errors: 2
use millstream::prelude::*;

#[stage]
fn window(#[param(range = 9..=2)] size: usize, #[param(range = 0.5..0.5)] share: f64, item: f64) -> f64 {
    size as f64 * share * item
}

fn main() {}
