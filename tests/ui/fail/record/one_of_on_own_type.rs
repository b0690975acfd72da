use millstream::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Own(u8);

#[record]
struct R {
    #[field(one_of = ["a", "b"])]
    value: Own,
}

fn main() {}
