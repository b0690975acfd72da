use millstream::prelude::*;

#[stage]
fn print(text: String) {
    println!("{text}");
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | print).run()?;
    Ok(())
}
