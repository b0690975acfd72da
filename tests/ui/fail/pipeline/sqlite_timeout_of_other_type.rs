use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(sqlite::<Order>("shop.db", table = "orders", busy_timeout = 1.5) | discard()).run()?;
    Ok(())
}
