use millstream::prelude::*;

#[stage]
fn pair<T: Clone>(item: T) -> (T, T) {
    (item.clone(), item)
}

#[stage]
fn shout(text: String) -> String {
    text.to_uppercase()
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter(0..3_u32) | pair | shout | collect()).run()?;
    Ok(())
}
