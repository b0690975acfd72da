use millstream::prelude::*;

struct Setup {
    limit: u32,
}

fn main() -> millstream::Result<()> {
    let setup = Setup { limit: 3 };
    pipeline!(from_iter(0..3) | setup.limit | collect()).run()?;
    Ok(())
}
