// errors: 2
use millstream::prelude::*;

#[stage]
fn within(#[param] low: f64, #[param] high: f64, #[param] name: String, z: &f64) -> bool {
    name.is_empty() || (low..high).contains(z)
}

fn main() {
    let made = within::__complete(within::builder().name("x")).build().unwrap();
    drop(made);
}
