use millstream::prelude::*;

#[record(packed)]
struct Sale {
    shop: String,
    price: f64,
}

fn main() {
    let sales: Vec<Sale> = Vec::new();
    pipeline!(from_iter(sales) | aggregate(sum(price)) | collect()).run().unwrap();
}
