use millstream::prelude::*;

fn main() -> millstream::Result<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    pipeline!(from_iter(0..3) | tee(channel(sender), discard())).run()?;
    drop(receiver);
    Ok(())
}
