use millstream::prelude::*;

struct Reading {
    sensor: u32,
    celsius: f64,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Reading { sensor: 1, celsius: 0.5 }]) | take(1).keyed((sensor, celsius)) | discard()).run()?;
    Ok(())
}
