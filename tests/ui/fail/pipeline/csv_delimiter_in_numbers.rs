use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Order>("orders.csv", delimiter = '.') | discard()).run()?;
    Ok(())
}
