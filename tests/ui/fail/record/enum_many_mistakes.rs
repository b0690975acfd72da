// errors: 6
use millstream::prelude::*;

#[record(tag = "type", rename_all = "lower")]
enum Payment {
    #[field(renamed = "cash")]
    Cash,
    Card {
        #[field(range = 12..=1)]
        month: u8,
        #[field(rename = "type")]
        kind: String,
        #[field(len = 4)]
        year: u32,
    },
    #[key]
    Voucher,
}

fn main() {}
