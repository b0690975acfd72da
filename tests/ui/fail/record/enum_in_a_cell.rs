use millstream::prelude::*;

#[record]
enum Payment {
    Cash,
    Card { number: String },
}

#[record]
struct Order {
    id: u32,
    payment: Payment,
}

fn main() -> millstream::Result<()> {
    pipeline!(csv::<Order>("orders.csv") | discard()).run()?;
    Ok(())
}
