use millstream::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Own(u8);

#[record]
struct R {
    #[field(len = 0..=5)]
    value: Own,
}

fn main() {}
