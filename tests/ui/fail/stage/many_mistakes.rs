// errors: 11
use millstream::prelude::*;

#[stage(fallibel)]
#[retry]
async fn scored(
    #[state] window: Vec<f64>,
    #[param(defalt = 3)] size: usize,
    #[param(default = 0, range = 1..)] least: u32,
    #[param] name: &str,
    #[resource] table: &mut u8,
    item: f64,
    other: f64,
) -> impl Copy {
    let _ = (window, size, least, name, table, other);
    item
}

#[stage]
fn limits(
    #[param(default = 9, range = 1..=5)] a: u32,
    #[param(range = 5..1)] b: u32,
    #[param(len = 1..3)] c: u8,
    item: u32,
) -> u32 {
    a + b + u32::from(c) + item
}

fn main() {
    // The functions are still there, and uses of the stages are no further mistakes.
    let _ = scored(Vec::new(), 1, 2, "", &mut 0, 1.0, 2.0);
    let _ = limits(1, 2, 3, 4);
    let _ = scored::builder().size(3).build();
    let _ = limits::builder().b(1).c(2).build();
}
