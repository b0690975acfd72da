use millstream::prelude::*;

#[record]
struct Release {
    version: u32,
    build: u32,
}

fn made() {
    let _ = Release::builder().version(1).build();
}

fn main() {}
