use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(one_of = ["1.5"])]
    amount: Decimal,
}

fn main() {}
