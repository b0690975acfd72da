use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(range = 1.00000000000000000002..1.00000000000000000001)]
    amount: Decimal,
}

fn main() {}
