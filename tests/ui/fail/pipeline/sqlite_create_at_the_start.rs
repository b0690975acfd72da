use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(sqlite::<Order>("shop.db", table = "orders", create = true) | discard()).run()?;
    Ok(())
}
