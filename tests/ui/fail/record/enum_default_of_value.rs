use millstream::prelude::*;

#[record]
enum Payment {
    Voucher(#[field(default = 5)] u32),
}

fn main() {}
