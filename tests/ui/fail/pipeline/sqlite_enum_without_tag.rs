// errors: 1
use millstream::prelude::*;

#[record]
enum Event {
    Login { user: String },
    Logout,
}

fn main() {
    let _ = pipeline!(sqlite::<Event>("shop.db", table = "events") | collect()).run();
}
