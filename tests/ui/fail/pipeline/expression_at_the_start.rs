use millstream::prelude::*;

fn main() {
    let readings = [1.5, 2.5];
    let _ = pipeline!(readings.iter().copied() | map(|x: f64| x + 1.0) | collect()).run();
}
