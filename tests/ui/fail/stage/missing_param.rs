use millstream::prelude::*;

#[stage]
fn anomalous(#[param] threshold: f64, #[param(default = 1.0)] scale: f64, z: &f64) -> bool {
    (z * scale).abs() > threshold
}

fn main() {
    let _ = anomalous::__complete(anomalous::builder().scale(2.0)).build();
}
