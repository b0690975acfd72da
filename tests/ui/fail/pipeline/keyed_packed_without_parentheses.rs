use millstream::prelude::*;

#[record(packed)]
struct Sale {
    shop: String,
    price: f64,
}

#[stage]
fn first(#[state] seen: &mut bool, sale: Sale) -> Option<Sale> {
    (!std::mem::replace(seen, true)).then_some(sale)
}

fn main() {
    let sales: Vec<Sale> = Vec::new();
    pipeline!(from_iter(sales) | first.keyed(shop) | collect()).run().unwrap();
}
