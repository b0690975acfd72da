use millstream::prelude::*;

#[sink]
fn print(n: u32) -> Result<(), std::fmt::Error> {
    println!("{n}");
    Ok(())
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | print.or_skip() | map(|n| n + 1) | collect()).run()?;
    Ok(())
}
