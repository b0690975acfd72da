use millstream::prelude::*;

#[stage]
fn double(n: u32) -> u32 {
    n * 2
}

#[stage]
fn shout(text: String) -> String {
    text.to_uppercase()
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | double | shout | collect()).run()?;
    Ok(())
}
