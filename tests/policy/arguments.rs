//! What a retry does with arguments: those that are lent or `Copy` cost nothing, others are cloned while another attempt may follow.

use std::sync::atomic::{AtomicU32, Ordering};

use millstream::prelude::*;
use millstream::testing::Simulation;

use crate::ApiError;

static CLONES: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Counted(u32);

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.fetch_add(1, Ordering::Relaxed);
        Counted(self.0)
    }
}

#[retry(attempts = 3, backoff = constant("1s"))]
fn uses_up(query: Counted, log: &mut Vec<u32>) -> Result<Counted, ApiError> {
    log.push(query.0);
    if log.len() < 3 { Err(ApiError::Busy) } else { Ok(query) }
}

#[test]
fn the_last_attempt_gets_the_argument_itself() {
    let mut log = Vec::new();
    let given = Simulation::seeded(1).run(|| uses_up(Counted(5), &mut log));
    assert_eq!((given.unwrap().0, log, CLONES.load(Ordering::Relaxed)), (5, vec![5, 5, 5], 2));
}

#[derive(Clone, Copy)]
struct Place {
    x: i32,
    y: i32,
}

#[retry(attempts = 2, backoff = constant("1s"))]
async fn takes_patterns(
    Place { x, mut y }: Place,
    (mut left, _): (Vec<i32>, u8),
    mut rounds: u32,
    seen: &mut Vec<(i32, u32, usize)>,
) -> Result<i32, ApiError> {
    y += 1;
    rounds += 1;
    left.push(x);
    seen.push((y, rounds, left.len()));
    let seen = seen;
    if seen.len() == 1 { Err(ApiError::Busy) } else { Ok(x + y) }
}

#[test]
fn each_attempt_begins_with_the_same() {
    let mut seen = Vec::new();
    let call = takes_patterns(Place { x: 1, y: 2 }, (vec![1], 0), 0, &mut seen);
    assert_eq!(Simulation::seeded(1).block_on(call), Ok(4));
    assert_eq!(seen, [(3, 1, 2), (3, 1, 2)]);
}

#[retry(attempts = 2)]
fn lends(texts: &mut Vec<String>, name: &str) -> Result<usize, ApiError> {
    texts.push(name.to_owned());
    let texts = texts;
    Ok(texts[0].len())
}

#[fallback(with = |_| texts.len())]
fn used_after(texts: &mut Vec<String>) -> Result<usize, ApiError> {
    texts.push("a".to_owned());
    Err(ApiError::Gone)
}

#[timeout("1s")]
async fn gives_back(texts: &mut [String]) -> Result<&mut String, ApiError> {
    texts.first_mut().ok_or(ApiError::Gone)
}

#[circuit_breaker]
fn gives_back_blocking<'a>(texts: &'a mut [String], _other: &str) -> Result<&'a mut String, ApiError> {
    let Some(first) = texts.first_mut() else { return Err(ApiError::Gone) };
    first.push('x');
    Ok(first)
}

#[test]
fn what_is_lent_goes_through() {
    let mut texts = vec!["abc".to_owned()];
    assert_eq!(lends(&mut texts, "d"), Ok(3));
    assert_eq!(used_after(&mut texts), Ok(3));
    gives_back_blocking(&mut texts, "").unwrap().push('!');
    let simulation = Simulation::seeded(1);
    simulation.block_on(gives_back(&mut texts)).unwrap().push('?');
    assert_eq!(texts[0], "abcx!?");
}

#[retry(attempts = 2, backoff = constant("1s"))]
fn any_item<I>(items: I, more: impl Into<u64> + Clone) -> Result<u64, ApiError>
where
    I: Iterator<Item = u32> + Clone,
{
    let more = more.into();
    items.map(u64::from).find(|item| *item > more).ok_or(ApiError::Gone)
}

#[test]
fn generics_work() {
    assert_eq!(any_item(1..9, 4_u64), Ok(5));
    assert_eq!(any_item::describe().cloned, ["items", "more"]);
}
