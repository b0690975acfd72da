use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..10) | |x| println!("{x}")).run()?;
    Ok(())
}
