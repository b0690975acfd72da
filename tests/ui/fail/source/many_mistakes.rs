// errors: 6
use millstream::prelude::*;

#[source(fast)]
#[retry]
async fn numbers(count: u32, #[param] name: &str, #[resource] list: &mut Vec<u32>) -> impl Iterator<Item = u32> {
    let _ = (name, list);
    0..count
}

fn main() {
    let _ = numbers::builder().build();
}
