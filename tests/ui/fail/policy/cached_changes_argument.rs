use millstream::prelude::*;

#[cached]
fn read(id: u32, seen: &mut Vec<u32>) -> usize {
    seen.push(id);
    seen.len()
}

fn main() {
    let _ = read(1, &mut Vec::new());
}
