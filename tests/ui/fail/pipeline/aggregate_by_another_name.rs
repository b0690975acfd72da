// errors: 1
use millstream::prelude::*;

#[derive(Clone)]
struct Order {
    user: String,
    amount: f64,
    tip: Option<f64>,
}

fn main() -> millstream::Result<()> {
    let order = Order { user: "ann".into(), amount: 1.0, tip: None };
    let _ = (&order.user, order.amount, order.tip);
    let report = pipeline!(from_iter([order]) | aggregate(median(amount)) | collect()).run()?;
    println!("{report}");
    Ok(())
}
