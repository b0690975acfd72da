use millstream::prelude::*;

#[record(tag = "type")]
enum Payment {
    Cash,
    Voucher(u32),
}

fn main() {}
