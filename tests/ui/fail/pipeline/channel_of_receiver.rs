use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    pipeline!(from_iter(0..3) | channel(receiver)).run()?;
    drop(sender);
    Ok(())
}
