use millstream::prelude::*;

#[record(packed)]
struct Ticket {
    line: String,
    validate: bool,
}

fn main() {}
