use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(csv("readings.csv") | collect()).run()?;
    Ok(())
}
