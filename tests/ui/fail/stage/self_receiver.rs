use millstream::prelude::*;

struct Counter(u32);

impl Counter {
    #[stage]
    fn count(&mut self, item: u32) -> u32 {
        self.0 += item;
        self.0
    }
}

fn main() {
    let _ = Counter(0).count(1);
}
