use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(finite)]
    amount: Decimal,
}

fn main() {}
