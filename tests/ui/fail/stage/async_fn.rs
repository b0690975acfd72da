use millstream::prelude::*;

#[stage]
async fn fetch(url: String) -> String {
    url
}

fn main() {}
