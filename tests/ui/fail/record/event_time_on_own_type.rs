use millstream::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Own(u8);

#[record]
struct R {
    #[event_time]
    value: Own,
}

fn main() {}
