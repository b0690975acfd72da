use millstream::prelude::*;

struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(sqlite::<Order>("shop.db", table = "orders") | map(|order| order.id) | collect()).run()?;
    Ok(())
}
