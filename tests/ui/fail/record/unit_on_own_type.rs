use millstream::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Own(u8);

#[record]
struct R {
    #[field(unit = "m")]
    value: Own,
}

fn main() {}
