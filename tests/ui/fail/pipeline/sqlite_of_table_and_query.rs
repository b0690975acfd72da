use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(sqlite::<Order>("shop.db", table = "orders", query = "select 1 as id") | discard()).run()?;
    Ok(())
}
