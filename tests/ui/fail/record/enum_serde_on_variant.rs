use millstream::prelude::*;

#[record]
enum Payment {
    #[serde(rename = "cash")]
    Cash,
}

fn main() {}
