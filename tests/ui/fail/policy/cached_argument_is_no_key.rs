use millstream::prelude::*;

struct Db;

#[cached]
fn read(db: &Db, id: u32) -> u32 {
    let Db = db;
    id
}

fn main() {
    let _ = read(&Db, 1);
}
