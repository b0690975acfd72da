use millstream::prelude::*;

#[record]
struct R {
    a: u8,
    b: u8,
}

fn build() {
    let _ = R::builder().a(1).build();
}

fn main() {}
