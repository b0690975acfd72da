use millstream::prelude::*;

#[stage]
fn small(n: u32) -> Result<u8, std::num::TryFromIntError> {
    u8::try_from(n)
}

fn main() {
    for n in pipeline!(from_iter(0..300_u32) | small) {
        println!("{n}");
    }
}
