use millstream::prelude::*;

#[stage]
fn shout(text: String) -> String {
    text.to_uppercase()
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | route(when(|n| *n > 1, shout | discard()), otherwise(collect()))).run()?;
    Ok(())
}
