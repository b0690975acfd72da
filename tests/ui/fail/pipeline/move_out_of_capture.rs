// errors: 2
use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let name = String::from("a");
    pipeline!(from_iter(0..3_u32) | map(|_| name) | collect()).run()?;
    Ok(())
}
