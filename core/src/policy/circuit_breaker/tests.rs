use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::{CircuitBreaker, Passage, State};
use crate::policy::{Before, Call, CircuitOpen, Event, Policy};
use crate::testing::Simulation;

mod keys;
mod threads;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failed {
    Down,
    NotFound,
    Open(Duration),
}

impl From<CircuitOpen> for Failed {
    fn from(CircuitOpen { retry_after }: CircuitOpen) -> Self {
        Failed::Open(retry_after)
    }
}

type Answer = Result<(), Failed>;

const OK: Answer = Ok(());
const DOWN: Answer = Err(Failed::Down);

fn refused(after: u32) -> Answer {
    Err(Failed::Open(after * SECOND))
}

/// A simulation, and what was told in it, as seconds and events.
fn told(simulation: &Simulation) -> Vec<(u64, Event)> {
    let first = crate::clock::Moment::default();
    simulation.events().into_iter().map(|told| (told.at.since(first).as_secs(), told.event)).collect()
}

/// What a call holds, if it is let in.
fn enter(breaker: &CircuitBreaker) -> Option<Passage<'_>> {
    match Policy::<Answer>::before(&breaker, &Call::new("call")) {
        Before::Go(passage) => Some(passage),
        Before::Return(_) => None,
        Before::Wait(_) => unreachable!("nobody waits"),
    }
}

fn leave(breaker: &CircuitBreaker, passage: Passage<'_>, answer: Answer) {
    assert_eq!(Policy::after(&breaker, &Call::new("call"), passage, answer), answer);
}

fn refusal() -> Event {
    Event::Refused { by: "circuit_breaker" }
}

/// Calls that answer so, each a second after the one before it, and what the callers got.
fn each_second(breaker: &CircuitBreaker, answers: &[Answer]) -> (Vec<Answer>, Vec<(u64, Event)>) {
    let simulation = Simulation::seeded(1);
    let got = simulation.run(|| {
        let call = |answer: &Answer| {
            let got = breaker.run(|| *answer);
            simulation.advance(SECOND);
            got
        };
        answers.iter().map(call).collect()
    });
    (got, told(&simulation))
}

#[test]
fn opens_after_failures_in_a_row_and_closes_after_its_probes() {
    let breaker = CircuitBreaker::consecutive(2).reset_after(3 * SECOND).probes(2);
    let (got, told) = each_second(&breaker, &[DOWN, OK, DOWN, DOWN, OK, OK, OK, OK, DOWN, DOWN, OK]);
    let expected = [DOWN, OK, DOWN, DOWN, refused(2), refused(1), OK, OK, DOWN, DOWN, refused(2)];
    assert_eq!(got, expected);
    let events = [
        (3, Event::Opened),
        (4, refusal()),
        (5, refusal()),
        (6, Event::Probing),
        (7, Event::Probing),
        (7, Event::Closed),
        (9, Event::Opened),
        (10, refusal()),
    ];
    assert_eq!(told, events);
}

#[test]
fn opens_again_when_a_probe_fails() {
    let breaker = CircuitBreaker::consecutive(1).reset_after(2 * SECOND).probes(2);
    let (got, told) = each_second(&breaker, &[DOWN, OK, OK, DOWN, OK, OK, OK]);
    assert_eq!(got, [DOWN, refused(1), OK, DOWN, refused(1), OK, OK]);
    let events = [
        (0, Event::Opened),
        (1, refusal()),
        (2, Event::Probing),
        (3, Event::Probing),
        (3, Event::Opened),
        (4, refusal()),
        (5, Event::Probing),
        (6, Event::Probing),
        (6, Event::Closed),
    ];
    assert_eq!(told, events);
}

#[test]
fn opens_after_failures_within_a_time_whatever_succeeds_between() {
    let breaker = CircuitBreaker::within(3, 4 * SECOND).reset_after(SECOND);
    let (_, told) = each_second(&breaker, &[DOWN, DOWN, OK, OK, OK, DOWN, OK, OK, DOWN, DOWN, OK]);
    assert_eq!(told, [(9, Event::Opened), (10, Event::Probing), (10, Event::Closed)]);
}

#[test]
fn opens_at_a_rate_of_the_last_calls() {
    let breaker = CircuitBreaker::rate(0.5, 4).reset_after(SECOND);
    let (_, told) = each_second(&breaker, &[DOWN, OK, OK, OK, DOWN, OK, DOWN, OK, DOWN]);
    // The fourth to the seventh are the first four of which two failed; nothing of them is remembered afterwards.
    assert_eq!(told, [(6, Event::Opened), (7, Event::Probing), (7, Event::Closed)]);
    let breaker = CircuitBreaker::rate(1.0, 2);
    let (_, told) = each_second(&breaker, &[DOWN, OK, DOWN, DOWN]);
    assert_eq!(told, [(3, Event::Opened)]);
}

#[test]
fn a_success_can_complete_a_rate() {
    let breaker = CircuitBreaker::rate(0.5, 2);
    let (_, told) = each_second(&breaker, &[DOWN, OK]);
    assert_eq!(told, [(1, Event::Opened)]);
}

#[test]
fn a_rate_is_that_number_of_calls_or_more() {
    let opens = |ratio: f64, last: u32, failed: u32| {
        let breaker = CircuitBreaker::rate(ratio, last);
        for call in 0..last {
            let _ = breaker.run(|| if call < failed { DOWN } else { OK });
        }
        breaker.state() == State::Open
    };
    for last in 1..=60_u32 {
        for failed in 1..=last {
            let exact = f64::from(failed) / f64::from(last);
            assert!(opens(exact, last, failed) && opens(exact.next_down(), last, failed), "{failed}/{last}");
            assert!(!opens(exact.next_up().min(1.0), last, failed - 1), "{failed}/{last}");
            assert!(!opens(exact, last, failed - 1), "one less than {failed}/{last}");
        }
    }
}

#[test]
fn a_rate_is_of_the_calls_so_far_once_there_were_enough() {
    let breaker = CircuitBreaker::rate(0.5, 5).min_calls(3).reset_after(SECOND);
    let (_, told) = each_second(&breaker, &[DOWN, DOWN, OK]);
    assert_eq!(told, [(2, Event::Opened)], "two of three, but not two of two");
    breaker.close();
    let (_, told) = each_second(&breaker, &[OK, OK, OK, DOWN, DOWN, OK, DOWN]);
    // Two of the first five are too few, three of the last five are not.
    assert_eq!(told, [(6, Event::Opened)]);
}

#[test]
fn an_error_that_does_not_count_is_a_success() {
    let down = |error: &Failed| *error == Failed::Down;
    let breaker = CircuitBreaker::consecutive(2).reset_after(SECOND);
    let call = |answer: Answer| breaker.when(down).run(|| answer);
    let not_found = Err(Failed::NotFound);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        for answer in [DOWN, not_found, DOWN, not_found, not_found] {
            assert_eq!(call(answer), answer);
        }
        assert_eq!(breaker.state(), State::Closed);
        let _ = (call(DOWN), call(DOWN));
        assert_eq!(breaker.state(), State::Open);
        simulation.advance(SECOND);
        assert_eq!(call(not_found), not_found);
        assert_eq!(breaker.state(), State::Closed);
    });
}

#[test]
fn an_error_that_is_ignored_counts_as_nothing() {
    let not_found = Err(Failed::NotFound);
    let breaker = CircuitBreaker::consecutive(2).reset_after(SECOND);
    let ignoring = breaker.ignore(|error: &Failed| *error == Failed::NotFound);
    let call = |answer: Answer| (ignoring.run(|| answer), breaker.state());
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        // Closed: neither one more failure in a row, nor the end of the row.
        for answer in [DOWN, not_found, not_found] {
            assert_eq!(call(answer), (answer, State::Closed));
        }
        assert_eq!(call(DOWN), (DOWN, State::Open));
        simulation.advance(SECOND);
        // Half open: its place is free again, and nothing is decided.
        for _ in 0..3 {
            assert_eq!(call(not_found), (not_found, State::HalfOpen));
        }
        let late = enter(&breaker).unwrap();
        assert_eq!(call(OK), (refused(0), State::HalfOpen));
        // Open: what comes late changes nothing.
        breaker.open();
        assert_eq!(Policy::after(&ignoring, &Call::new("call"), late, not_found), not_found);
        assert_eq!(breaker.state(), State::Open);
        simulation.advance(SECOND);
        assert_eq!(call(OK), (OK, State::Closed));
    });
    assert_eq!(told(&simulation).iter().filter(|(_, event)| *event == Event::Probing).count(), 5);
}

#[test]
fn an_error_that_is_ignored_is_no_call_of_a_rate() {
    let breaker = CircuitBreaker::rate(0.5, 2);
    let ignoring = breaker.ignore(|error: &Failed| *error == Failed::NotFound);
    for answer in [OK, Err(Failed::NotFound), Err(Failed::NotFound)] {
        let _ = ignoring.run(|| answer);
        assert_eq!(breaker.state(), State::Closed);
    }
    let _ = ignoring.run(|| DOWN);
    assert_eq!(breaker.state(), State::Open, "one of the last two");
}

#[test]
fn what_is_ignored_is_so_whether_it_is_a_failure_or_not() {
    for fails in [true, false] {
        let breaker = CircuitBreaker::consecutive(1).reset_after(Duration::ZERO);
        let (when, ignore) = (move |_: &Failed| fails, |error: &Failed| *error == Failed::NotFound);
        for view in [breaker.when(when).ignore(ignore), breaker.ignore(ignore).when(when)] {
            let _ = view.run(|| Err::<(), _>(Failed::NotFound));
            assert_eq!(breaker.state(), State::Closed);
            breaker.open();
            let _ = view.run(|| Err::<(), _>(Failed::NotFound));
            assert_eq!(breaker.state(), State::HalfOpen);
            let _ = view.run(|| DOWN);
            assert_eq!(breaker.state(), if fails { State::Open } else { State::Closed });
            breaker.close();
        }
    }
}

#[test]
fn lets_no_more_probes_in_than_asked_for() {
    let breaker = CircuitBreaker::consecutive(1).reset_after(SECOND).probes(2);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let _ = breaker.run(|| DOWN);
        simulation.advance(SECOND);
        let third = breaker.run(|| {
            let mut third = OK;
            breaker.run(|| {
                third = breaker.run(|| OK);
                OK
            })?;
            third
        });
        assert_eq!(third, refused(0));
    });
    assert_eq!(breaker.state(), State::Open, "the refusal was the outcome of the outer probe");
}

#[test]
fn a_probe_that_panics_frees_its_place_and_decides_nothing() {
    let breaker = CircuitBreaker::consecutive(1).reset_after(SECOND);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let _ = breaker.run(|| DOWN);
        simulation.advance(SECOND);
        let panic = catch_unwind(AssertUnwindSafe(|| breaker.run(|| -> Answer { panic!("probe") })));
        assert!(panic.is_err());
        assert_eq!(breaker.state(), State::HalfOpen);
        let view = breaker.when(|_: &Failed| panic!("classifier"));
        assert!(catch_unwind(AssertUnwindSafe(|| view.run(|| DOWN))).is_err());
        assert_eq!(breaker.state(), State::HalfOpen);
        assert_eq!(breaker.run(|| OK), OK);
        assert_eq!(breaker.state(), State::Closed);
    });
}

#[cfg(feature = "async")]
#[test]
fn a_probe_that_is_cancelled_frees_its_place() {
    use std::future::{pending, poll_fn};
    use std::task::Poll;

    let breaker = CircuitBreaker::consecutive(1).reset_after(SECOND);
    let simulation = Simulation::seeded(1);
    simulation.block_on(async {
        assert_eq!(breaker.run_async(|| async { DOWN }).await, DOWN);
        simulation.advance(SECOND);
        for _ in 0..3 {
            let mut hangs = Box::pin(breaker.run_async(pending::<Answer>));
            poll_fn(|cx| {
                assert!(hangs.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            assert_eq!(breaker.run_async(|| async { OK }).await, refused(0));
        }
        assert_eq!(breaker.run_async(|| async { OK }).await, OK);
    });
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn what_comes_late_neither_closes_nor_opens() {
    for late in [OK, DOWN] {
        let breaker = CircuitBreaker::consecutive(1).reset_after(SECOND);
        let simulation = Simulation::seeded(1);
        simulation.run(|| {
            let [open, half_open, closed] = [0; 3].map(|_| enter(&breaker).unwrap());
            let _ = breaker.run(|| DOWN);
            leave(&breaker, open, late);
            assert_eq!(breaker.state(), State::Open);
            simulation.advance(SECOND);
            let probe = enter(&breaker).unwrap();
            leave(&breaker, half_open, late);
            assert_eq!(breaker.state(), State::HalfOpen);
            breaker.close();
            leave(&breaker, closed, late);
            leave(&breaker, probe, late);
            assert_eq!(breaker.state(), State::Closed);
        });
    }
}

#[test]
fn a_late_probe_keeps_its_place_until_it_ends() {
    let breaker = CircuitBreaker::consecutive(1).reset_after(SECOND);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        breaker.open();
        simulation.advance(SECOND);
        let late = enter(&breaker).unwrap();
        breaker.close();
        breaker.open();
        simulation.advance(SECOND);
        assert!(enter(&breaker).is_none());
        breaker.close();
        leave(&breaker, late, OK);
        breaker.open();
        simulation.advance(SECOND);
        assert!(enter(&breaker).is_some());
    });
}

#[test]
fn is_opened_and_closed_by_hand() {
    let breaker = CircuitBreaker::consecutive(5).reset_after(2 * SECOND);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        breaker.open();
        assert_eq!((breaker.state(), breaker.run(|| OK)), (State::Open, refused(2)));
        breaker.close();
        assert_eq!((breaker.state(), breaker.run(|| OK)), (State::Closed, OK));
        breaker.open();
        simulation.advance(2 * SECOND);
        assert_eq!((breaker.state(), breaker.run(|| OK), breaker.state()), (State::Open, OK, State::Closed));
    });
    assert_eq!(format!("{breaker:?}"), "CircuitBreaker { state: Closed, .. }");
}

#[test]
fn one_that_is_forced_open_stays_so_until_it_is_closed() {
    let breaker = CircuitBreaker::consecutive(5).reset_after(SECOND);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let before = enter(&breaker).unwrap();
        breaker.open();
        simulation.advance(SECOND);
        let probe = enter(&breaker).unwrap();
        breaker.force_open();
        leave(&breaker, before, OK);
        leave(&breaker, probe, OK);
        simulation.advance(1_000_000 * SECOND);
        assert_eq!((breaker.state(), breaker.run(|| OK)), (State::Open, refused(0)));
        assert_eq!((breaker.state(), breaker.run(|| OK)), (State::Open, refused(0)));
        breaker.close();
        assert_eq!((breaker.state(), breaker.run(|| OK)), (State::Closed, OK));
        breaker.force_open();
        breaker.open();
        simulation.advance(SECOND);
        assert_eq!((breaker.run(|| OK), breaker.state()), (OK, State::Closed), "`open` takes its place");
    });
}

#[test]
fn nonsense_is_refused() {
    let nonsense: [fn() -> CircuitBreaker; 10] = [
        || CircuitBreaker::rate(0.5, 2).min_calls(0),
        || CircuitBreaker::rate(0.5, 2).min_calls(3),
        || CircuitBreaker::consecutive(2).min_calls(1),
        || CircuitBreaker::consecutive(0),
        || CircuitBreaker::within(0, SECOND),
        || CircuitBreaker::within(1, Duration::ZERO),
        || CircuitBreaker::rate(0.0, 1),
        || CircuitBreaker::rate(f64::NAN, 1),
        || CircuitBreaker::rate(0.5, 0),
        || CircuitBreaker::consecutive(1).probes(0),
    ];
    for (at, made) in nonsense.into_iter().enumerate() {
        assert!(catch_unwind(made).is_err(), "{at}");
    }
    assert!(catch_unwind(|| CircuitBreaker::rate(1.1, 1)).is_err());
}
