use millstream::prelude::*;

#[record(rename_all = "lowercase")]
enum Payment {
    Cash,
    #[field(rename = "cash")]
    Coins,
}

fn main() {}
