use std::cell::RefCell;
use std::panic;
use std::time::Duration;

use proptest::prelude::*;

use super::{Attempts, Backoff, Budget, Constant, Exponential, Jitter, Retried, Retry};
use crate::policy::{Call, CircuitOpen, Expresses, Policy, TimedOut, Timeout};
use crate::testing::{Script, Simulation, Step, err, ok};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

type Outcome = Result<u32, &'static str>;

const BUSY: Step<Outcome> = err("busy");
const GONE: Step<Outcome> = err("gone");

/// As many calls as are left fail.
fn down() -> Script<Outcome> {
    Script::new([]).then(err("down"))
}

/// Without chance, one second apart.
const EVERY_SECOND: Retry<Constant> = Retry::constant(s(1)).jitter(Jitter::None);

fn is_transient(error: &&str) -> bool {
    *error != "gone"
}

#[test]
fn the_first_success_is_the_last_attempt() {
    let script = Script::new([BUSY, ok(7), ok(8)]);
    let simulation = Simulation::seeded(1);
    assert_eq!(simulation.run(|| EVERY_SECOND.run(|| script.call())), Ok(7));
    assert_eq!(
        simulation.log(),
        [
            "0ns service: call 1 gives Err(\"busy\")",
            "0ns call: attempt 1 failed, again in 1s: busy",
            "1s service: call 2 gives Ok(7)",
        ]
    );
}

#[test]
fn there_are_three_attempts_unless_told_otherwise() {
    let script = down();
    assert_eq!(Simulation::seeded(1).run(|| EVERY_SECOND.run(|| script.call())), Err("down"));
    assert_eq!(script.calls(), 3);
}

#[test]
fn attempts_include_the_first() {
    for attempts in [1, 2, 7] {
        let (script, simulation) = (down(), Simulation::seeded(1));
        let _ = simulation.run(|| EVERY_SECOND.attempts(attempts).run(|| script.call()));
        assert_eq!(script.calls(), attempts as usize);
        let plural = if attempts == 1 { "" } else { "s" };
        let last = format!("{:?} call: gave up after {attempts} attempt{plural}: down", s(u64::from(attempts) - 1));
        assert_eq!(simulation.log().last(), Some(&last));
    }
}

#[test]
fn a_total_alone_sets_no_number_of_attempts() {
    let (script, simulation) = (down(), Simulation::seeded(1));
    let _ = simulation.run(|| EVERY_SECOND.total(s(10)).run(|| script.call()));
    // At 0 s, 1 s, .. 10 s.
    assert_eq!(script.calls(), 11);
}

#[test]
fn a_total_counts_from_the_beginning_of_the_first_attempt() {
    let slow = Script::new([BUSY.after(s(4))]).then(BUSY);
    let simulation = Simulation::seeded(1);
    let _ = simulation.run(|| EVERY_SECOND.total(s(6)).run(|| slow.call()));
    // At 0 s, 5 s, 6 s.
    assert_eq!(slow.calls(), 3);
    assert_eq!(simulation.elapsed(), s(6));
}

#[test]
fn a_delay_that_ends_after_the_total_is_not_waited_for() {
    let (script, simulation) = (down(), Simulation::seeded(1));
    let retry = Retry::constant(s(4)).jitter(Jitter::None).total(s(10));
    let _ = simulation.run(|| retry.run(|| script.call()));
    assert_eq!(simulation.log().last().unwrap(), "8s call: gave up after 3 attempts: down");
}

#[test]
fn of_attempts_and_total_the_first_to_be_reached_counts() {
    for (attempts, total, calls) in [(2, 10, 2), (10, 2, 3), (5, 4, 5)] {
        let script = down();
        let retry = EVERY_SECOND.attempts(attempts).total(s(total));
        let _ = Simulation::seeded(1).run(|| retry.run(|| script.call()));
        assert_eq!(script.calls(), calls);
    }
}

#[test]
fn chance_repeats_with_its_seed() {
    let log = |seed, jitter| {
        let simulation = Simulation::seeded(seed);
        let _ = simulation.run(|| Retry::exponential(s(1)).attempts(9).jitter(jitter).run(|| Err::<(), _>("down")));
        (simulation.elapsed(), simulation.log())
    };
    let all = log(1, Jitter::None).0;
    assert_eq!(all, s(1 + 2 + 4 + 8 + 16 + 32 + 60 + 60));
    for (jitter, least) in [(Jitter::Full, s(0)), (Jitter::Equal, all / 2)] {
        assert_eq!(log(7, jitter), log(7, jitter));
        assert_ne!(log(7, jitter), log(8, jitter));
        assert!((0..100).all(|seed| (least..all).contains(&log(seed, jitter).0)));
    }
}

#[test]
fn only_errors_that_count_are_tried_again() {
    let script = Script::new([BUSY, GONE, ok(1)]);
    let retry = EVERY_SECOND.attempts(9).when(is_transient);
    let simulation = Simulation::seeded(1);
    assert_eq!(simulation.run(|| retry.run(|| script.call())), Err("gone"));
    assert_eq!(script.calls(), 2);
    assert_eq!(simulation.log().last().unwrap(), "1s call: gave up after 2 attempts: gone");
}

#[test]
fn a_hint_wins_over_a_shorter_backoff_and_not_over_max_or_a_longer_one() {
    for (hint, waited) in [(None, s(1)), (Some(ms(10)), s(1)), (Some(s(3)), s(3)), (Some(s(90)), s(5))] {
        let simulation = Simulation::seeded(1);
        let retry = Retry::exponential(s(1)).max(s(5)).jitter(Jitter::None).attempts(2).hint(|_: &&str| hint);
        let script = down();
        let _ = simulation.run(|| retry.run(|| script.call()));
        assert_eq!(simulation.elapsed(), waited, "{hint:?}");
    }
}

#[test]
fn a_hint_is_bounded_by_a_minute_unless_max_or_total_says_otherwise() {
    let (hour, linear) = (|_: &&str| Some(s(3600)), |attempt| s(1) * attempt);
    let once = |retry: &dyn Fn() -> Outcome| {
        let simulation = Simulation::seeded(1);
        let _ = simulation.run(retry);
        simulation.elapsed()
    };
    let two = EVERY_SECOND.attempts(2).hint(hour);
    assert_eq!(once(&|| two.run(|| Err("busy"))), s(60));
    assert_eq!(once(&|| two.total(s(4000)).run(|| Err("busy"))), s(3600));
    let own = Retry::with(linear).jitter(Jitter::None).attempts(2).hint(hour);
    assert_eq!(once(&|| own.run(|| Err("busy"))), s(60));
    let longer = Retry::exponential(s(1)).max(s(600)).jitter(Jitter::None).attempts(2).hint(hour);
    assert_eq!(once(&|| longer.run(|| Err("busy"))), s(600));
}

#[test]
fn those_who_are_told_the_same_time_come_back_one_by_one_and_not_before_it() {
    let waits = |seed, asked: u64, jitter| {
        let simulation = Simulation::seeded(seed);
        let retry = Retry::constant(ms(1)).attempts(2).jitter(jitter).hint(move |_: &&str| Some(s(asked)));
        let _ = simulation.run(|| retry.run(|| Err::<(), _>("busy")));
        simulation.elapsed()
    };
    for jitter in [Jitter::Full, Jitter::Equal] {
        let all: std::collections::BTreeSet<_> = (0..100).map(|seed| waits(seed, 10, jitter)).collect();
        assert_eq!(all.len(), 100);
        assert!(all.iter().all(|wait| (s(10)..s(11)).contains(wait)), "{all:?}");
        assert_eq!(waits(1, 60, jitter), s(60), "the most is the most");
    }
    assert_eq!(waits(1, 10, Jitter::None), s(10));
}

#[test]
fn a_hint_beyond_the_total_gives_up_at_once() {
    let simulation = Simulation::seeded(1);
    let retry = EVERY_SECOND.total(s(10)).hint(|_: &&str| Some(s(3600)));
    let script = down();
    let _ = simulation.run(|| retry.run(|| script.call()));
    assert_eq!(
        simulation.log(),
        ["0ns service: call 1 gives Err(\"down\")", "0ns call: gave up after 1 attempt: down"]
    );
}

#[test]
fn the_hook_is_told_before_each_wait_and_not_of_the_last_failure() {
    let told = RefCell::new(Vec::new());
    let hook =
        |error: &&str, attempt: u32, delay: Duration| told.borrow_mut().push((error.to_string(), attempt, delay));
    let script = Script::new([BUSY, GONE, BUSY]);
    let retry = Retry::exponential(s(1)).jitter(Jitter::None).on_retry(&hook);
    let _ = Simulation::seeded(1).run(|| retry.run(|| script.call()));
    assert_eq!(*told.borrow(), [("busy".to_owned(), 1, s(1)), ("gone".to_owned(), 2, s(2))]);
}

#[test]
fn what_failed_is_kept_with_its_causes() {
    let script = Script::new([BUSY, GONE, err("dead")]);
    let error = Simulation::seeded(1).run(|| EVERY_SECOND.try_run(|| script.call())).unwrap_err();
    assert_eq!((*error.error(), error.attempts()), ("dead", 3));
    assert_eq!(error.earlier(), ["busy", "gone"]);
    assert_eq!(error.to_string(), "dead (attempt 3, after: busy; gone)");
    assert_eq!(error.into_error(), "dead");

    let script = Script::new([GONE]);
    let error = Simulation::seeded(1).run(|| EVERY_SECOND.when(is_transient).try_run(|| script.call())).unwrap_err();
    assert_eq!((error.attempts(), error.earlier()), (1, &[][..]));
    assert_eq!(error.to_string(), "gone");

    let script = Script::new([BUSY, ok(3)]);
    assert_eq!(Simulation::seeded(1).run(|| EVERY_SECOND.try_run(|| script.call())), Ok(3));
}

#[test]
fn what_was_retried_has_a_source_and_expresses_what_its_error_does() {
    #[derive(Debug, PartialEq)]
    struct ApiError(Duration);
    impl From<CircuitOpen> for ApiError {
        fn from(open: CircuitOpen) -> Self {
            ApiError(open.retry_after)
        }
    }
    let error = Retried::<ApiError>::express(CircuitOpen { retry_after: s(5) });
    assert_eq!((error.error(), error.attempts(), error.earlier()), (&ApiError(s(5)), 0, &[][..]));

    let limit = s(1);
    let script = Script::new([err(TimedOut { limit })]).then(err::<u32, _>(TimedOut { limit: s(2) }));
    let error = Simulation::seeded(1).run(|| EVERY_SECOND.attempts(2).try_run(|| script.call())).unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "timed out after 2s");
}

#[test]
fn an_argument_is_needed_again_only_if_another_attempt_may_follow() {
    let follows = |retry: Retry<Constant>| {
        let mut attempts = Attempts::new();
        let mut follows = vec![retry.may_follow(&attempts)];
        let failed: Outcome = Err("down");
        while retry.again(&Call::new("call"), &mut attempts, &failed).is_some() {
            follows.push(retry.may_follow(&attempts));
        }
        follows
    };
    assert_eq!(follows(EVERY_SECOND), [true, true, false]);
    assert_eq!(follows(EVERY_SECOND.attempts(1)), [false]);
    assert!(EVERY_SECOND.total(s(1)).may_follow(&Attempts::new()));
}

#[test]
fn every_builder_is_constant() {
    static BUDGET: Budget = Budget::new(0.5).reserve(1).window(s(1));
    const RETRY: Retry<Exponential, fn(&&str) -> bool> = Retry::exponential(ms(50))
        .factor(1.5)
        .max(s(2))
        .attempts(4)
        .total(s(30))
        .jitter(Jitter::Equal)
        .budget(&BUDGET)
        .when(is_transient as fn(&&str) -> bool);
    const TIMEOUT: Timeout = Timeout::new(ms(800));
    assert_eq!(RETRY.run(|| ok_or_gone(true)), Ok(1));
    assert_eq!(RETRY.run(|| ok_or_gone(false)), Err("gone"));
    assert_eq!(TIMEOUT, Timeout::new(ms(800)));
}

fn ok_or_gone(ok: bool) -> Outcome {
    if ok { Ok(1) } else { Err("gone") }
}

#[test]
fn values_that_make_no_sense_are_refused_in_words() {
    let refused: [(fn(), &str); 10] = [
        (|| _ = EVERY_SECOND.attempts(0), "a call has at least one attempt: `attempts` must be 1 or more"),
        (|| _ = EVERY_SECOND.total(s(0)), "no attempt begins within a `total` of zero"),
        (|| _ = Retry::exponential(s(1)).factor(0.99), "the factor of a backoff must be 1 or more"),
        (|| _ = Retry::exponential(s(1)).factor(f64::NAN), "the factor of a backoff must be 1 or more"),
        (|| _ = Retry::exponential(s(1)).factor(f64::INFINITY), "the factor of a backoff must be 1 or more"),
        (|| _ = Retry::exponential(s(2)).max(s(1)), "the `max` of a backoff must not be below its first delay"),
        (|| _ = Budget::new(1.01), "the ratio of a retry budget must be from 0 to 1"),
        (|| _ = Budget::new(f64::NAN), "the ratio of a retry budget must be from 0 to 1"),
        (|| _ = Budget::new(0.1).window(s(0)), "the window of a retry budget must not be zero"),
        (|| _ = Timeout::new(s(0)), "no call ends within a timeout of zero"),
    ];
    for (make, says) in refused {
        let panic = panic::catch_unwind(make).expect_err(says);
        assert_eq!(panic.downcast_ref::<&str>(), Some(&says));
    }
}

#[test]
fn a_first_delay_above_the_usual_limit_raises_it() {
    assert_eq!(Exponential::from(s(100)).delay(3), s(100));
    assert_eq!(Exponential::from(s(50)).delay(3), s(60));
}

#[test]
fn a_budget_ends_retries_and_time_brings_them_back() {
    static BUDGET: Budget = Budget::new(0.5).reserve(1).window(s(10));
    let retry = Retry::constant(ms(1)).jitter(Jitter::None).budget(&BUDGET);
    let simulation = Simulation::seeded(1);
    let calls = |calls: usize| {
        let script = down();
        for _ in 0..calls {
            let _ = simulation.run(|| retry.run(|| script.call()));
        }
        script.calls() - calls
    };
    assert_eq!(calls(1), 1, "the reserve; half a call allows none");
    assert_eq!(calls(1), 1, "two calls allow one more");
    assert_eq!(calls(8), 4, "ten calls allow five");
    assert!(simulation.log().iter().any(|line| line.ends_with("call: retry budget spent")));
    simulation.advance(s(10));
    assert_eq!(calls(1), 1, "a new window has a new reserve, and forgets the calls before it");

    // As long as nothing fails, calls do not pile up.
    let _ = (0..1000).map(|_| retry.run(|| ok_or_gone(true))).collect::<Vec<_>>();
    simulation.advance(s(10));
    assert_eq!(calls(1), 1);
}

/// All orders of the steps of so many threads, each of which takes its steps in order.
fn interleavings(steps: &mut [Vec<bool>], order: &mut Vec<bool>, visit: &mut impl FnMut(&[bool])) {
    let mut at_end = true;
    for thread in 0..steps.len() {
        let Some(step) = steps[thread].pop() else { continue };
        at_end = false;
        order.push(step);
        interleavings(steps, order, visit);
        order.pop();
        steps[thread].push(step);
    }
    if at_end {
        visit(order);
    }
}

/// A call is two steps, each of them atomic: it is counted, and after its failure it asks. The counter can be raised while
/// another asks, which is one order or the other.
#[test]
fn in_every_order_of_three_threads_a_budget_allows_what_its_calls_do() {
    const COUNTED: bool = true;
    const ASKS: bool = false;
    const RESERVE: u32 = 1;
    let last_first = vec![ASKS, COUNTED, ASKS, COUNTED];
    let mut orders = 0;
    interleavings(&mut vec![last_first; 3], &mut Vec::new(), &mut |order| {
        orders += 1;
        let budget = Budget::new(0.5).reserve(RESERVE);
        let (mut calls, mut retries, mut before) = (0, 0, None);
        Simulation::seeded(1).run(|| {
            for &step in order {
                if step == COUNTED {
                    budget.deposit();
                    calls += 1;
                    continue;
                }
                let before = *before.get_or_insert(calls - 1);
                let may = retries < RESERVE + (calls - before) / 2;
                assert_eq!(budget.withdraw(), may, "{order:?}");
                retries += u32::from(may);
            }
        });
    });
    assert_eq!(orders, 34_650, "12! / 4!^3");
}

#[test]
fn threads_share_a_budget_to_the_last_retry() {
    static BUDGET: Budget = Budget::new(0.25).reserve(8).window(s(3600));
    const THREADS: usize = 8;
    const CALLS: usize = 500;
    let retries: usize = std::thread::scope(|scope| {
        let simulation = Simulation::seeded(1);
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let simulation = simulation.clone();
                scope.spawn(move || {
                    let mut attempts = 0;
                    let retry = Retry::constant(Duration::ZERO).attempts(u32::MAX).budget(&BUDGET);
                    for _ in 0..CALLS {
                        let _ = simulation.run(|| {
                            retry.run(|| {
                                attempts += 1;
                                Err::<(), _>("down")
                            })
                        });
                    }
                    attempts - CALLS
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // Each call goes on until nothing is left, so the last one takes the last. Those that ran when the window began may not
    // count.
    let most = 8 + THREADS * CALLS / 4;
    assert!((most - THREADS..=most).contains(&retries), "{retries} of {most}");
}

proptest! {
    #[test]
    fn a_backoff_grows_from_its_first_delay_to_its_last(
        first in any::<Duration>(), more in any::<Duration>(), factor in 1.0..1e300_f64, attempt in 1_u32..,
    ) {
        let max = first.saturating_add(more);
        let backoff = Exponential::from(first).max(max).factor(factor);
        let delay = backoff.delay(attempt);
        // Seconds as a float hold 53 bits.
        prop_assert!(delay >= first.mul_f64(1.0 - 1e-15).min(max) && delay <= max);
        prop_assert!(backoff.delay(attempt.saturating_add(1)) >= delay);
    }

    #[test]
    fn a_backoff_multiplies(first in 1..1000_u64, attempt in 1..20_u32) {
        let delay = Exponential::from(ms(first)).max(Duration::MAX).delay(attempt);
        prop_assert_eq!(delay, ms(first << (attempt - 1)));
    }

    #[test]
    fn jitter_stays_within_its_bounds(delay in any::<Duration>(), random in 0.0..1.0_f64) {
        prop_assert!(Jitter::Full.of(delay, || random) <= delay);
        let equal = Jitter::Equal.of(delay, || random);
        prop_assert!(equal >= delay / 2 && equal <= delay);
        prop_assert_eq!(Jitter::None.of(delay, || random), delay);
    }

    #[test]
    fn jitter_reaches_its_bounds(millis in 2..1_000_000_u64) {
        let (delay, almost) = (ms(millis), 1.0 - f64::EPSILON / 2.0);
        prop_assert_eq!(Jitter::Full.of(delay, || 0.0), Duration::ZERO);
        prop_assert_eq!(Jitter::Equal.of(delay, || 0.0), delay / 2);
        prop_assert!(Jitter::Full.of(delay, || almost) + Duration::from_nanos(1) >= delay);
        prop_assert!(Jitter::Equal.of(delay, || almost) + Duration::from_nanos(1) >= delay);
    }

    #[test]
    fn a_retry_ends_in_its_attempts_and_its_time(
        seed in any::<u64>(), attempts in 1..20_u32, total in 1..10_000_u64, first in 0..1000_u64, takes in 0..500_u64,
    ) {
        let simulation = Simulation::seeded(seed);
        let script = Script::new([]).then(err::<(), _>("down").after(ms(takes)));
        let retry = Retry::exponential(ms(first)).attempts(attempts).total(ms(total));
        let _ = simulation.run(|| retry.run(|| script.call()));
        prop_assert!(script.calls() <= attempts as usize);
        let passed = simulation.elapsed();
        prop_assert!(passed <= ms(total + takes).max(ms(takes)));
    }
}

#[cfg(feature = "async")]
mod asynchronous {
    use super::*;
    use crate::testing::hang;

    fn send<T: Send>(value: T) -> T {
        value
    }

    #[test]
    fn tasks_wait_as_threads_do() {
        let script = Script::new([BUSY, BUSY, ok(7)]);
        let simulation = Simulation::seeded(1);
        assert_eq!(simulation.block_on(send(EVERY_SECOND.run_async(|| script.call_async()))), Ok(7));
        let script = Script::new([BUSY, BUSY, ok(7)]);
        let blocking = Simulation::seeded(1);
        assert_eq!(blocking.run(|| EVERY_SECOND.run(|| script.call())), Ok(7));
        assert_eq!(simulation.log(), blocking.log());
    }

    #[test]
    fn an_attempt_that_hangs_is_cancelled_and_tried_again() {
        let script = Script::new([hang(), hang(), ok::<_, TimedOut>(7)]);
        let simulation = Simulation::seeded(1);
        let timeout = Timeout::new(ms(800));
        let outcome = simulation
            .block_on(send(EVERY_SECOND.try_run_async(|| async { timeout.run_async(|| script.call_async()).await })));
        assert_eq!(outcome, Ok(7));
        assert_eq!(
            simulation.log(),
            [
                "0ns service: call 1 hangs",
                "800ms call: timed out after 800ms",
                "800ms call: attempt 1 failed, again in 1s: timed out after 800ms",
                "1.8s service: call 2 hangs",
                "2.6s call: timed out after 800ms",
                "2.6s call: attempt 2 failed, again in 1s: timed out after 800ms",
                "3.6s service: call 3 gives Ok(7)",
            ]
        );
    }

    #[test]
    fn what_failed_is_kept_for_tasks_too() {
        let script = Script::new([BUSY, GONE]);
        let retry = EVERY_SECOND.attempts(2);
        let error = Simulation::seeded(1).block_on(retry.try_run_async(|| script.call_async())).unwrap_err();
        assert_eq!(error.to_string(), "gone (attempt 2, after: busy)");
    }
}
