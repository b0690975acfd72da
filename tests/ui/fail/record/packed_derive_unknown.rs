use millstream::prelude::*;

#[record(packed)]
#[derive(Debug, Clone, schemars::JsonSchema)]
struct R {
    value: Option<u8>,
}

fn main() {}
