use millstream::prelude::*;
use millstream::record::Decimal;

#[record]
struct Price {
    #[field(default = 1e30)]
    amount: Decimal,
}

fn main() {}
