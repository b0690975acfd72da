use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Order { id: 1 }]) | sqlite("shop.db")).run()?;
    Ok(())
}
