use millstream::prelude::*;

#[stage]
fn long(#[param(default = 1)] at_least: usize, text: &String) -> bool {
    text.len() > at_least
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3) | route(when(long(), discard()), otherwise(discard()))).run()?;
    Ok(())
}
