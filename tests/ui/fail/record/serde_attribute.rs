use millstream::prelude::*;

#[record]
struct R {
    #[serde(rename = "v")]
    value: u64,
}

fn main() {}
