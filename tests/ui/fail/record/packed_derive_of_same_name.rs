use millstream::prelude::*;

#[record(packed)]
#[derive(derive_more::Debug, std::clone::Clone)]
struct R {
    value: Option<u8>,
}

fn main() {}
