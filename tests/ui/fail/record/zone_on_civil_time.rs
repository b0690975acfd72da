use millstream::prelude::*;

#[record]
struct R {
    #[field(zone = "Europe/Berlin")]
    value: CivilTime,
}

fn main() {}
