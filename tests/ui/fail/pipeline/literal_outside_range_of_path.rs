use millstream::prelude::*;

mod stages {
    use millstream::prelude::*;

    #[stage]
    pub fn sliding(#[param(default = 3, range = 2..)] size: usize, n: u32) -> u32 {
        n + u32::try_from(size).unwrap_or(0)
    }
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | stages::sliding(size = 1) | collect()).run()?;
    Ok(())
}
