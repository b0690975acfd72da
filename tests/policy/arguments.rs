//! What a retry does with arguments: those that are lent or `Copy` cost nothing, others are cloned while another attempt may follow.

use std::sync::atomic::{AtomicU32, Ordering};

use millstream::policy::{Before, Call, Policy};
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

static CALLS: AtomicU32 = AtomicU32::new(0);

#[retry(attempts = 2, backoff = constant("1s"))]
#[circuit_breaker(failures = 9, key = a % 2)]
#[cached]
fn cached_beneath((a, text): (u32, String), mut n: u32) -> Result<String, ApiError> {
    n += a;
    if CALLS.fetch_add(1, Ordering::Relaxed) == 0 { Err(ApiError::Busy) } else { Ok(format!("{text}{n}")) }
}

#[cached]
fn sums((a, b): (u32, u32), _: u8, mut more: Vec<u32>) -> u32 {
    more.push(a + b);
    more.iter().sum()
}

#[cached]
#[retry]
async fn sums_async((a, mut b): (u32, u32), [first, ..]: [u8; 2]) -> Result<u32, ApiError> {
    b += u32::from(first);
    Ok(a + b)
}

#[test]
fn patterns_are_part_of_the_key() {
    assert_eq!([sums((1, 2), 0, vec![3]), sums((1, 2), 0, vec![3]), sums((2, 2), 0, vec![3])], [6, 6, 7]);
    assert_eq!((sums::stats().hits, sums::stats().size), (1, 2));
    let simulation = Simulation::seeded(1);
    simulation.block_on(async {
        assert_eq!((sums_async((1, 2), [3, 4]).await, sums_async((1, 2), [3, 5]).await), (Ok(6), Ok(6)));
    });
    assert_eq!(simulation.run(sums_async::stats).size, 2);
}

#[test]
fn an_attempt_whose_value_is_kept_gets_its_own_parts_of_a_pattern() {
    let text = || "a".to_owned();
    Simulation::seeded(1).run(|| {
        assert_eq!(cached_beneath((1, text()), 2), Ok("a3".to_owned()));
        assert_eq!((cached_beneath::stats().misses, cached_beneath::stats().size), (2, 1));
    });
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Query {
    id: u32,
    text: String,
}

#[fallback(value = text.len())]
#[circuit_breaker(failures = 1, key = id)]
#[retry(attempts = id, backoff = constant("1s"), jitter = none)]
fn taken_apart(Query { id, mut text }: Query) -> Result<usize, ApiError> {
    text.push('!');
    Err(if text.len() == 3 { ApiError::Busy } else { ApiError::Gone })
}

#[cached]
#[circuit_breaker(failures = 9, key = text)]
async fn taken_apart_once(Query { id, text }: Query) -> Result<(u32, String), ApiError> {
    Ok((id, text))
}

#[test]
fn names_of_patterns_are_known_to_every_policy() {
    let simulation = Simulation::seeded(1);
    let query = |id| Query { id, text: "ab".to_owned() };
    simulation.run(|| assert_eq!((taken_apart(query(2)), taken_apart(query(1))), (Ok(2), Ok(2))));
    assert_eq!(
        simulation.log(),
        [
            "0ns taken_apart: attempt 1 failed, again in 1s: Busy",
            "1s taken_apart: gave up after 2 attempts: Busy",
            "1s taken_apart: circuit opened",
            "1s taken_apart: fell back: Busy",
            "1s taken_apart: gave up after 1 attempt: Busy",
            "1s taken_apart: circuit opened",
            "1s taken_apart: fell back: Busy",
        ]
    );
    assert_eq!(simulation.block_on(taken_apart_once(query(3))), Ok((3, "ab".to_owned())));
}

fn missing(name: &str, error: &ApiError) -> String {
    format!("no {name}: {error}")
}

/// Counts calls of a name that it is lent.
struct Seen<'n>(&'n str, &'n AtomicU32);

impl<R> Policy<R> for Seen<'_> {
    type Permit = ();

    fn before(&self, _call: &Call) -> Before<'_, (), R> {
        Before::Go(())
    }

    fn after(&self, _call: &Call, (): (), outcome: R) -> R {
        self.1.fetch_add(u32::try_from(self.0.len()).unwrap(), Ordering::Relaxed);
        outcome
    }
}

#[fallback(with = |error| missing(&name, error))]
#[wrap(Seen(&name, letters))]
#[retry(attempts = 2, backoff = constant("1s"), when = |_| name.len() == 3)]
fn greeted(mut name: String, letters: &AtomicU32) -> Result<String, ApiError> {
    name.push('!');
    if name == "bob!" { Err(ApiError::Busy) } else { Ok(name) }
}

#[fallback(value = format!("no {name}"))]
#[retry(attempts = 2, backoff = constant("1s"))]
async fn greeted_async(name: String) -> Result<String, ApiError> {
    drop(name);
    Err(ApiError::Gone)
}

#[test]
fn what_is_passed_by_value_is_still_there_after_all_attempts() {
    let (simulation, letters) = (Simulation::seeded(1), AtomicU32::new(0));
    simulation.run(|| {
        assert_eq!(greeted("bob".to_owned(), &letters), Ok("no bob: Busy".to_owned()));
        assert_eq!(greeted("eve".to_owned(), &letters), Ok("eve!".to_owned()));
    });
    assert_eq!(letters.into_inner(), 6);
    assert_eq!(simulation.block_on(greeted_async("bob".to_owned())), Ok("no bob".to_owned()));
}

struct Client {
    patient: bool,
}

impl Client {
    #[retry(attempts = 2, backoff = constant("1s"), when = |_| self.patient)]
    fn read(&self, calls: &AtomicU32) -> Result<u32, ApiError> {
        calls.fetch_add(1, Ordering::Relaxed);
        Err(ApiError::Busy)
    }
}

#[retry(attempts = 2, backoff = constant("1s"), hint = |_| None, on_retry = |_, _, _| (), when = |error| format!("{name} {error}") == "busy Busy")]
fn captured(name: &str, calls: &AtomicU32) -> Result<u32, ApiError> {
    calls.fetch_add(1, Ordering::Relaxed);
    name.parse().map_err(|_| ApiError::Busy)
}

#[test]
fn closures_know_self_and_what_texts_mention() {
    let (simulation, calls) = (Simulation::seeded(1), AtomicU32::new(0));
    simulation.run(|| {
        for (patient, made) in [(false, 1), (true, 3)] {
            assert_eq!(Client { patient }.read(&calls), Err(ApiError::Busy));
            assert_eq!(calls.load(Ordering::Relaxed), made);
        }
        for (name, made) in [("idle", 4), ("busy", 6)] {
            assert_eq!(captured(name, &calls), Err(ApiError::Busy));
            assert_eq!(calls.load(Ordering::Relaxed), made);
        }
    });
}
