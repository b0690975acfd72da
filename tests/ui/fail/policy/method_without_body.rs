use millstream::prelude::*;

include!("../../support/failed.rs");

trait Reads {
    #[retry]
    fn read(&self) -> Result<u32, Failed>;
}

fn main() {}
