use millstream::prelude::*;

struct Db;

impl Db {
    #[sink]
    fn save(&mut self, n: u32) {
        let _ = n;
    }
}

fn main() {}
