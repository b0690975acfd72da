use millstream::prelude::*;

#[source]
fn numbers() -> impl Iterator<Item = Result<u32, std::fmt::Error>> {
    (0..3).map(Ok)
}

#[stage]
fn shout(text: String) -> String {
    text
}

fn main() {
    let _ = pipeline!(numbers | shout | collect()).run();
}
