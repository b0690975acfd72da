//! A hit allocates nothing: an item of a known key finds its state by the key that it lends.

use allocation_counter::measure;
use millstream::prelude::*;

#[derive(Clone, Copy)]
struct Reading<'a> {
    id: u64,
    site: u32,
    sensor: &'a str,
}

#[stage]
fn count(#[state] seen: &mut u64, _reading: &Reading<'_>) -> u64 {
    *seen += 1;
    *seen
}

/// The allocations of a run over so many items of 50 keys.
fn allocations(items: usize, run: impl Fn(&[Reading<'_>]) -> u64) -> u64 {
    let names: Vec<String> = (0..50).map(|key| format!("a sensor whose name is not held in place {key}")).collect();
    let reading = |at: usize| {
        let key = at % names.len();
        Reading { id: key as u64, site: 7, sensor: &names[key] }
    };
    let readings: Vec<_> = (0..items).map(reading).collect();
    let mut counted = 0;
    let info = measure(|| counted = run(&readings));
    assert!(counted > 0);
    info.count_total
}

/// A run over 100 times as many items of the same keys allocates as often.
fn hits_allocate_nothing(run: impl Fn(&[Reading<'_>]) -> u64) {
    // What a thread and a process allocate once is not counted.
    allocations(100, &run);
    let few = allocations(100, &run);
    assert!(few >= 50, "50 states were made by {few} allocations");
    assert_eq!(allocations(10_000, &run), few);
}

/// The sum of what a keyed pipeline over lent items hands on.
macro_rules! sum_of {
    ($($stage:tt)*) => {
        |readings: &[Reading<'_>]| {
            let mut sum = 0;
            let report = pipeline!(from_iter(readings.iter().copied()) | $($stage)* | for_each(|n: u64| sum += n)).run();
            report.unwrap_or_else(|error| panic!("{error}"));
            sum
        }
    };
}

#[test]
fn a_hit_of_a_text_allocates_nothing() {
    hits_allocate_nothing(sum_of!(count.keyed(sensor)));
}

#[test]
fn a_hit_of_a_tuple_allocates_nothing() {
    hits_allocate_nothing(sum_of!(count.keyed((site, sensor))));
}

#[test]
fn a_hit_among_bounded_keys_allocates_nothing() {
    hits_allocate_nothing(sum_of!(count.keyed(sensor, max = 60)));
}

#[test]
fn a_hit_of_aggregate_allocates_nothing() {
    hits_allocate_nothing(sum_of!(aggregate(count()).keyed(sensor) | map(|group| group.1)));
}

#[test]
fn a_repeated_item_of_unique_allocates_nothing() {
    hits_allocate_nothing(sum_of!(unique(|reading| reading.sensor) | map(|reading| reading.id)));
}
