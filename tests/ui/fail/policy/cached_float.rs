use millstream::prelude::*;

#[cached]
fn area(radius: f64) -> f64 {
    radius * radius
}

fn main() {
    let _ = area(1.0);
}
