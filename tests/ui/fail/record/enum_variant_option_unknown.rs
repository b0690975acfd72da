use millstream::prelude::*;

#[record]
enum Payment {
    Cash,
    #[field(range = 1..)]
    Voucher(u32),
}

fn main() {}
