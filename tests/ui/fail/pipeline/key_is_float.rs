use millstream::prelude::*;

struct Reading {
    celsius: f64,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Reading { celsius: 0.5 }]) | take(1).keyed(celsius) | discard()).run()?;
    Ok(())
}
