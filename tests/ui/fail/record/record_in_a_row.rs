use millstream::prelude::*;

#[record]
struct Account {
    bank: Short,
}

#[record]
struct Order {
    id: u32,
    account: Account,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Order>("orders.csv") | discard()).run()?;
    Ok(())
}
