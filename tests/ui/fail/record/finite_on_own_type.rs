use millstream::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Own(u8);

#[record]
struct R {
    #[field(finite)]
    value: Own,
}

fn main() {}
