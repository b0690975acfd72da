use millstream::prelude::*;

#[record]
struct Order {
    id: u32,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Order>("orders.csv") | csv("out.csv", max_line = 5)).run()?;
    Ok(())
}
