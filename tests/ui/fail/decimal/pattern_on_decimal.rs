use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(pattern = "^[0-9]+$")]
    amount: Decimal,
}

fn main() {}
