use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(range = 0..=9.99, default = 10)]
    amount: Decimal,
}

fn main() {}
