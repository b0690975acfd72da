use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Order>("orders.csv", columns = ["id"]) | discard()).run()?;
    Ok(())
}
