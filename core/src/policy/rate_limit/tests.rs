use std::collections::HashSet;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::{RateLimit, Turn};
use crate::clock::Moment;
use crate::policy::{Before, Call, Event, Policy, RateLimited, Wait};
use crate::testing::Simulation;

const SECOND: Duration = Duration::from_secs(1);

fn millis() -> u128 {
    Moment::now().since(Moment::default()).as_millis()
}

/// What the caller holds and how long it has to wait, if at all.
fn take(limit: &RateLimit) -> (Option<Turn<'_>>, Duration) {
    match Policy::<()>::before(&limit, &Call::new("call")) {
        Before::Go(turn) => (turn, Duration::ZERO),
        Before::Wait(Wait::Time(time, turn)) => (turn, time),
        Before::Wait(Wait::Until(_)) | Before::Return(()) => unreachable!("it waits for a time"),
    }
}

#[test]
fn calls_wait_for_their_turns() {
    let limit = RateLimit::per_second(4).burst(3);
    let simulation = Simulation::seeded(1);
    let begun = simulation.run(|| {
        let begun = [(); 5].map(|()| limit.run(millis));
        // Two turns pass, and one is left of the burst.
        simulation.advance(SECOND / 2);
        (begun, [(); 4].map(|()| limit.run(millis)))
    });
    assert_eq!(begun, ([0, 0, 0, 250, 500], [1000, 1000, 1250, 1500]));
    let events = simulation.events();
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(|told| told.event == Event::Waited { by: "rate_limit" }));
}

#[test]
fn calls_are_refused_until_their_turn() {
    let limit = RateLimit::per(2, SECOND).burst(2);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let call = || limit.refuse().run(|| Ok::<_, RateLimited>(millis()));
        let refused = |millis| Err(RateLimited { retry_after: Duration::from_millis(millis) });
        assert_eq!([(); 3].map(|()| call()), [Ok(0), Ok(0), refused(500)]);
        simulation.advance(Duration::from_millis(499));
        assert_eq!(call(), refused(1));
        simulation.advance(Duration::from_millis(1));
        assert_eq!([call(), call()], [Ok(500), refused(500)], "a refused call takes no turn");
        assert_eq!(limit.run(millis), 1000, "those who wait have the same turns");
        assert_eq!(call(), refused(500));
    });
    let events: Vec<_> = simulation.events().into_iter().map(|told| told.event).collect();
    let refused = Event::Refused { by: "rate_limit" };
    let waited = Event::Waited { by: "rate_limit" };
    assert_eq!(events, [refused.clone(), refused.clone(), refused.clone(), waited, refused]);
}

#[test]
fn a_call_waits_as_long_as_it_may_and_not_longer() {
    let limit = RateLimit::per_second(1);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let call = || limit.max_wait(SECOND).run(|| Ok::<_, RateLimited>(millis()));
        assert_eq!([call(), call()], [Ok(0), Ok(1000)]);
        let (_first, second) = (take(&limit), take(&limit));
        assert_eq!(second.1, 2 * SECOND);
        assert_eq!(call(), Err(RateLimited { retry_after: 3 * SECOND }));
        assert_eq!(limit.wait(), 3 * SECOND, "who is refused takes no turn");
        drop(second);
        assert_eq!(call(), Err(RateLimited { retry_after: 2 * SECOND }));
        simulation.advance(SECOND);
        assert_eq!(call(), Ok(3000), "it has the turn that was given back");
    });
    let waited: Vec<_> = simulation.events().into_iter().map(|told| told.event.to_string()).collect();
    let [waits, refused] = ["waited for rate_limit", "refused by rate_limit"];
    assert_eq!(waited, [waits, waits, waits, refused, refused, waits]);
}

#[test]
fn a_turn_is_judged_by_the_time_that_it_is_of() {
    let limit = RateLimit::per_second(1);
    let simulation = Simulation::seeded(1);
    let (waits, begun) = simulation.run(|| {
        limit.run(|| ());
        (take(&limit).0, take(&limit).0)
    });
    // Two seconds have not passed there, however late it is here.
    assert!(Moment::now().since(Moment::FIRST) > 2 * SECOND);
    drop(waits);
    assert_eq!(limit.given_back.lock().unwrap().len(), 1);
    simulation.advance(2 * SECOND);
    drop(begun);
    assert_eq!(limit.given_back.lock().unwrap().len(), 1, "that call has begun");
}

#[test]
fn a_limit_that_is_cleared_is_as_it_was_at_first() {
    let limit = RateLimit::per_second(1);
    Simulation::seeded(1).run(|| {
        limit.run(|| ());
        let turns = (take(&limit), take(&limit));
        drop(turns.0);
        assert_eq!(limit.wait(), SECOND);
        limit.clear();
        assert_eq!(limit.wait(), Duration::ZERO);
        assert_eq!(take(&limit).1, Duration::ZERO);
    });
}

#[cfg(feature = "async")]
#[test]
fn tasks_wait_for_their_turns_in_order() {
    use std::pin::Pin;
    use std::task::Poll;

    let limit = RateLimit::per_second(10);
    let begun = Mutex::new(Vec::new());
    let task = |name: u8| {
        let (limit, begun) = (&limit, &begun);
        let call = move || async move { begun.lock().unwrap().push((millis(), name)) };
        Some(Box::pin(limit.run_async(call)) as Pin<Box<dyn Future<Output = ()>>>)
    };
    let mut tasks = [1, 2, 3, 4, 5].map(task);
    Simulation::seeded(1).block_on(std::future::poll_fn(|cx| {
        for at in 0..tasks.len() {
            if tasks[at].as_mut().is_some_and(|task| task.as_mut().poll(cx).is_ready()) {
                tasks[at] = None;
            }
            if at == 3 {
                // The third is cancelled: the fifth, which comes after that, has its turn.
                tasks[2] = None;
            }
        }
        if tasks.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert_eq!(*begun.lock().unwrap(), [(0, 1), (100, 2), (200, 5), (300, 4)]);
}

#[test]
fn a_turn_that_was_given_back_is_used_again() {
    let limit = RateLimit::per_second(1);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let waits = || take(&limit);
        let (_, first) = waits();
        let ((one, one_waits), (two, two_waits), (three, _)) = (waits(), waits(), waits());
        assert_eq!([first, one_waits, two_waits], [0, 1, 2].map(|seconds| SECOND * seconds));
        drop(two);
        drop(one);
        // The first of those that are free.
        let (one, again) = waits();
        assert_eq!(again, SECOND);
        // The last one, and with it the one before, as if nobody had come.
        drop(three);
        assert!(limit.given_back.lock().unwrap().is_empty());
        let (_two, again) = waits();
        assert_eq!(again, 2 * SECOND);
        // One whose time has come is not given back by the end of its call.
        simulation.advance(SECOND);
        drop(one);
        assert!(limit.given_back.lock().unwrap().is_empty());
    });
}

#[test]
fn a_turn_that_was_given_back_and_has_passed_is_nobodys() {
    let limit = RateLimit::per_second(1);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let mut turns = [(); 5].map(|()| take(&limit).0);
        turns[1] = None;
        simulation.advance(SECOND + SECOND / 2);
        assert_eq!(take(&limit).1, SECOND * 7 / 2);
    });
}

/// In no time do more calls begin than the burst and those of that time, whoever comes, waits and gives up.
#[test]
fn never_too_many_in_any_time() {
    const PERIOD: u64 = 1000;
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        let burst = random.u32(1..5);
        let limit = RateLimit::per(1, Duration::from_nanos(PERIOD)).burst(burst);
        let simulation = Simulation::seeded(1);
        let mut begun: Vec<u64> = Vec::new();
        simulation.run(|| {
            let mut waiting: Vec<(u64, Option<Turn<'_>>)> = Vec::new();
            for _ in 0..60 {
                simulation.advance(Duration::from_nanos(random.u64(..PERIOD)));
                let now = Moment::now().nanos();
                begun.extend(waiting.extract_if(.., |(at, _)| *at <= now).map(|(at, _)| at));
                if random.bool() && !waiting.is_empty() {
                    waiting.swap_remove(random.usize(..waiting.len()));
                }
                for _ in 0..random.u8(..4) {
                    let (turn, wait) = take(&limit);
                    waiting.push((now + u64::try_from(wait.as_nanos()).unwrap(), turn));
                }
                waiting.retain(|(at, turn)| {
                    if turn.is_none() {
                        begun.push(*at);
                    }
                    turn.is_some()
                });
            }
        });
        begun.sort_unstable();
        assert!(begun.len() > 20);
        for (first, from) in begun.iter().enumerate() {
            for (last, until) in begun.iter().enumerate().skip(first) {
                let most = u64::from(burst) + (until - from) / PERIOD;
                assert!((last - first + 1) as u64 <= most, "{from}..={until} of {begun:?}");
            }
        }
    }
}

#[test]
fn no_turn_is_given_to_two_threads_and_none_is_lost() {
    let limit = RateLimit::per(1, Duration::from_nanos(10));
    let now = Moment::default();
    let held = Mutex::new(HashSet::new());
    let hammer = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut mine = Vec::new();
        for _ in 0..5_000 {
            if random.u8(..5) < 3 || mine.is_empty() {
                let turn = limit.queue(now, |_| true).unwrap();
                assert!(held.lock().unwrap().insert(turn), "{turn} is another's");
                mine.push(turn);
            } else {
                let turn = mine.swap_remove(random.usize(..mine.len()));
                held.lock().unwrap().remove(&turn);
                limit.give_back(turn);
            }
        }
        mine
    };
    let rest: Vec<u64> = thread::scope(|scope| {
        let threads = [1, 2, 3, 4, 5, 6].map(|seed| {
            let hammer = &hammer;
            scope.spawn(move || hammer(seed))
        });
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for turn in rest {
        limit.give_back(turn);
    }
    assert!(limit.given_back.lock().unwrap().is_empty());
    assert_eq!(limit.queue(now, |_| true), Ok(0), "all have been given back");
}

#[test]
fn nonsense_is_refused() {
    let nonsense: [fn() -> RateLimit; 4] = [
        || RateLimit::per_second(0),
        || RateLimit::per(0, SECOND),
        || RateLimit::per(1, Duration::ZERO),
        || RateLimit::per_second(1).burst(0),
    ];
    for (at, made) in nonsense.into_iter().enumerate() {
        assert!(catch_unwind(made).is_err(), "{at}");
    }
}

#[test]
fn long_times_do_not_overflow() {
    let limit = RateLimit::per(1, Duration::MAX).burst(u32::MAX);
    Simulation::seeded(1).run(|| {
        assert_eq!(limit.refuse().run(|| Ok::<_, RateLimited>(1)), Ok(1));
        assert_eq!(take(&limit).1, Duration::ZERO);
    });
    let limit = RateLimit::per(1, Duration::MAX);
    Simulation::seeded(1).run(|| {
        assert_eq!(limit.run(millis), 0);
        assert!(limit.refuse().run(|| Ok::<_, RateLimited>(1)).is_err());
    });
}

#[test]
fn debug_says_what_was_asked_for_and_how_long_a_call_would_wait() {
    let limit = RateLimit::per(600, 60 * SECOND).burst(2);
    Simulation::seeded(1).run(|| {
        assert_eq!(format!("{limit:?}"), "RateLimit { period: 100ms, burst: 2, wait: 0ns, .. }");
        for _ in 0..2 {
            limit.run(|| ());
        }
        assert_eq!(format!("{limit:?}"), "RateLimit { period: 100ms, burst: 2, wait: 100ms, .. }");
    });
}
