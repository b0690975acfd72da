use millstream::prelude::*;

#[derive(Clone)]
struct Order {
    shop: u32,
}

#[stage]
fn count(#[state] seen: &mut u64, text: String) -> u64 {
    *seen += u64::from(!text.is_empty());
    *seen
}

fn main() -> millstream::Result<()> {
    pipeline!(from_iter([Order { shop: 1 }]) | count.keyed(shop) | collect()).run()?;
    Ok(())
}
