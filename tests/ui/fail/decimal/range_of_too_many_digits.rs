use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(range = 0..=0.00000000000000000000000000001)]
    amount: Decimal,
}

fn main() {}
