use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Deadline, Timeout};
use crate::policy::{Call, Policy, TimedOut};
use crate::testing::{Script, Simulation, hang, ok};

const LIMIT: Duration = Duration::from_secs(1);
const TIMEOUT: Timeout = Timeout::new(LIMIT);
const CALL: Call = Call::new("read");

type Outcome = Result<u32, TimedOut>;

fn limited(script: &Script<Outcome>) -> (Outcome, Vec<String>) {
    let simulation = Simulation::seeded(1);
    let outcome = simulation.block_on(TIMEOUT.around(&CALL, script.call_async()));
    (outcome, simulation.log())
}

#[test]
fn a_call_that_hangs_is_ended() {
    let (outcome, log) = limited(&Script::new([hang()]));
    assert_eq!(outcome, Err(TimedOut { limit: LIMIT }));
    assert_eq!(log, ["0ns service: call 1 hangs", "1s read: timed out after 1s"]);
}

#[test]
fn a_call_that_is_quick_enough_is_not() {
    let (outcome, log) = limited(&Script::new([ok(7).after(Duration::from_nanos(999_999_999))]));
    assert_eq!(outcome, Ok(7));
    assert_eq!(log, ["0ns service: call 1 gives Ok(7) after 999.999999ms"]);
}

#[test]
fn a_call_that_ends_with_its_time_wins() {
    assert_eq!(limited(&Script::new([ok(7).after(LIMIT)])).0, Ok(7));
    assert_eq!(limited(&Script::new([ok(7).after(LIMIT + Duration::from_nanos(1))])).0, Err(TimedOut { limit: LIMIT }));
}

#[test]
fn a_call_that_never_waits_makes_no_timer() {
    // Outside of a simulation and of tokio a timer would panic.
    let mut cx = Context::from_waker(Waker::noop());
    let call = pin!(TIMEOUT.around(&CALL, async { Outcome::Ok(7) }));
    assert_eq!(call.poll(&mut cx), Poll::Ready(Ok(7)));
}

#[test]
fn time_counts_from_when_the_call_first_waits() {
    let simulation = Simulation::seeded(1);
    let outcome: Outcome = simulation.block_on(TIMEOUT.around(&CALL, async {
        simulation.advance(LIMIT * 5);
        pending().await
    }));
    assert_eq!(outcome, Err(TimedOut { limit: LIMIT }));
    assert_eq!(simulation.log(), ["6s read: timed out after 1s"]);
}

#[test]
fn what_a_call_holds_is_dropped_when_it_is_ended() {
    struct Held(Arc<AtomicUsize>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let held = Held(Arc::clone(&dropped));
    let outcome: Outcome = Simulation::seeded(1).block_on(TIMEOUT.around(&CALL, async move {
        let _held = held;
        pending().await
    }));
    assert!(outcome.is_err());
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn a_limited_call_may_be_sent_and_is_a_few_words_larger() {
    fn send<T: Send>(_: &T) {}
    let call = TIMEOUT.around(&CALL, pending::<Outcome>());
    send(&call);
    // The timeout, the call and the timer.
    assert_eq!(size_of_val(&call), 8 + 8 + 16);
}

#[test]
fn a_blocking_call_gets_its_deadline() {
    let simulation = Simulation::seeded(1);
    let rows = simulation.run(|| {
        TIMEOUT.run_as(&CALL, Deadline::never(), |deadline| {
            let mut rows = 0;
            loop {
                deadline.check()?;
                rows += 1;
                simulation.advance(Duration::from_millis(300));
                if rows == 3 {
                    return Outcome::Ok(rows);
                }
            }
        })
    });
    assert_eq!(rows, Ok(3));
    let outcome = simulation.run(|| {
        TIMEOUT.run_as(&CALL, Deadline::never(), |deadline| {
            simulation.advance(LIMIT);
            deadline.check()?;
            Outcome::Ok(1)
        })
    });
    assert_eq!(outcome, Err(TimedOut { limit: LIMIT }));
    assert_eq!(simulation.log(), ["1.9s read: timed out after 1s"]);
}

#[test]
fn the_earlier_of_two_deadlines_counts_and_is_told_by_who_has_set_it() {
    let simulation = Simulation::seeded(1);
    let limits = [(LIMIT / 2, Ok(LIMIT / 2)), (LIMIT * 2, Ok(LIMIT)), (Duration::MAX, Ok(LIMIT))];
    for (outer, left) in limits {
        let outer = simulation.run(|| Deadline::after(outer));
        let run = || TIMEOUT.run_as(&CALL, outer, |deadline| deadline.remaining().ok_or(TimedOut { limit: LIMIT }));
        assert_eq!(simulation.run(run), left);
    }
    let outer = simulation.run(|| Deadline::after(LIMIT / 2));
    let outcome = simulation.run(|| {
        TIMEOUT.run_as(&CALL, outer, |deadline| {
            simulation.advance(LIMIT);
            deadline.check()
        })
    });
    assert_eq!(outcome, Err(TimedOut { limit: LIMIT / 2 }));
    assert_eq!(simulation.log(), [""; 0]);
}

#[test]
fn a_blocking_call_that_fails_in_time_has_not_timed_out() {
    let simulation = Simulation::seeded(1);
    let outcome = simulation.run(|| TIMEOUT.run(|_| Err::<(), _>("gone")));
    assert_eq!(outcome, Err("gone"));
    assert_eq!(simulation.log(), [""; 0]);
}

#[test]
fn a_deadline_that_never_comes_has_all_the_time() {
    let simulation = Simulation::seeded(1);
    simulation.advance(Duration::MAX);
    simulation.run(|| {
        assert_eq!(Deadline::never().remaining(), None);
        assert_eq!(Deadline::never().check(), Ok(()));
    });
}
