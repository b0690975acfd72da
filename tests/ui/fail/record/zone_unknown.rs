use millstream::prelude::*;

#[record]
struct R {
    #[field(zone = "Europe/Berlim")]
    value: Timestamp,
}

fn main() {}
