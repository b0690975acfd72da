use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(sqlite("shop.db", table = "orders") | discard()).run()?;
    Ok(())
}
