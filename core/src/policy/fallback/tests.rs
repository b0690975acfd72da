use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::clock::Moment;
use crate::policy::Aged;
use crate::testing::Simulation;

fn events(simulation: &Simulation) -> Vec<String> {
    simulation.events().iter().map(ToString::to_string).collect()
}

#[test]
fn a_value_stands_in_for_the_errors_that_count() {
    let simulation = Simulation::seeded(1);
    let fallback = Fallback::value(7).when(|error: &&str| *error == "down");
    let log = simulation.run(|| [Ok(1), Err("down"), Err("wrong")].map(|outcome| fallback.run(|| outcome)));
    assert_eq!(log, [Ok(1), Ok(7), Err("wrong")]);
    assert_eq!(events(&simulation), ["0ns call: fell back: down"]);
}

#[test]
fn a_function_sees_the_error_and_what_it_captured() {
    let id = 4;
    let fallback = Returns::<Result<String, String>>::new().fallback(|error| format!("{id}: {}", error.len()));
    assert_eq!(fallback.run(|| Err("down".to_owned())), Ok("4: 4".to_owned()));
}

#[test]
fn a_stale_value_does_not_get_younger() {
    let simulation = Simulation::seeded(1);
    let (inner, outer) = (Fallback::stale(1), Fallback::stale(1));
    let second = Duration::from_secs(1);
    let read = |outcome: Result<Aged<u32>, &'static str>, broken: bool| {
        simulation.run(|| outer.run((), || if broken { Err("broken") } else { inner.run((), || outcome) }))
    };
    assert_eq!(read(Ok(Aged::fresh(1)), false), Ok(Aged::fresh(1)));
    simulation.advance(second);
    assert_eq!(read(Err("down"), false), Ok(Aged::stale(1, second)));
    simulation.advance(second);
    assert_eq!(read(Err("down"), true), Ok(Aged::stale(1, second * 2)));
    assert_eq!(
        events(&simulation),
        ["1s call: fell back to a value 1s old: down", "2s call: fell back to a value 2s old: broken"]
    );
}

#[test]
fn only_errors_that_count_are_replaced_by_what_was() {
    let simulation = Simulation::seeded(1);
    let last: Stale<u32, Aged<u32>, _> = Fallback::stale(1).when(|error: &&str| *error == "down");
    let log = simulation.run(|| [Ok(Aged::fresh(1)), Err("wrong"), Err("down")].map(|outcome| last.run(1, || outcome)));
    assert_eq!(log, [Ok(Aged::fresh(1)), Err("wrong"), Ok(Aged::stale(1, Duration::ZERO))]);
    last.clear();
    assert_eq!(simulation.run(|| last.run(1, || Err("down"))), Err("down"));
}

#[test]
#[should_panic(expected = "a fallback keeps the value of at least one key")]
fn no_keys_are_refused() {
    let _: Stale<(), Aged<()>> = Fallback::stale(0);
}

proptest! {
    #[test]
    fn it_gives_the_last_value_of_the_keys_used_last(
        keys in 1..4_usize,
        max_age in prop::option::of(0..6_u64),
        steps in prop::collection::vec((0..5_u8, prop::bool::ANY, 0..3_u64), 0..60),
    ) {
        let simulation = Simulation::seeded(1);
        let max_age = max_age.map(Duration::from_secs);
        let last = max_age.iter().fold(Fallback::stale(keys), |last: Stale<u8, Aged<u32>>, age| last.max_age(*age));
        // The naive one: when each key was good, and which were used, the last one first.
        let good: RefCell<HashMap<u8, (u32, Moment)>> = RefCell::default();
        let mut used: Vec<u8> = Vec::new();
        for (value, (key, fails, time)) in (0..).zip(steps) {
            simulation.advance(Duration::from_secs(time));
            let now = simulation.now();
            let got = simulation.run(|| last.run(key, || if fails { Err("down") } else { Ok(Aged::fresh(value)) }));
            let expected = if fails {
                let known = used.contains(&key).then(|| good.borrow()[&key]);
                let known = known.map(|(value, at)| (value, now.since(at)));
                known.filter(|(_, age)| max_age.is_none_or(|max| *age <= max))
                    .map(|(value, age)| Aged::stale(value, age)).ok_or("down")
            } else {
                good.borrow_mut().insert(key, (value, now));
                Ok(Aged::fresh(value))
            };
            prop_assert_eq!(got, expected);
            if used.contains(&key) || !fails {
                used.retain(|used| *used != key);
                used.insert(0, key);
                used.truncate(keys);
            }
        }
    }
}
