use millstream::prelude::*;

struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Order { id: 1 }]) | sqlite("shop.db", table = "orders")).run()?;
    Ok(())
}
