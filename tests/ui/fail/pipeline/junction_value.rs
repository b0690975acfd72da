use millstream::prelude::*;

#[stage]
fn shout(text: String) -> String {
    text.to_uppercase()
}

fn main() -> millstream::Result<()> {
    let stage = shout::builder().build()?;
    pipeline!(from_iter(0..3_u32) | { stage } | collect()).run()?;
    Ok(())
}
