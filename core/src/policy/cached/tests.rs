#[cfg(feature = "async")]
mod schedules;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "async")]
use std::pin::Pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
#[cfg(feature = "async")]
use std::task::{Context, Poll, Waker};
use std::thread;

use proptest::prelude::*;

use super::*;
#[cfg(feature = "async")]
use crate::clock::sleep_async;
use crate::policy::Aged;
use crate::testing::Simulation;

/// How many wait for the computation of this key.
fn waiting<K: Hash + Eq, V>(cache: &Cache<K, V>, key: &K) -> usize {
    cache.inner(|inner| inner.flights.get(key).map_or(0, |computation| computation.flight.waiting()))
}

/// Until so many wait for this key: what else they do is over by then.
fn until_waiting<K: Hash + Eq, V>(cache: &Cache<K, V>, key: &K, count: usize) {
    while waiting(cache, key) < count {
        thread::yield_now();
    }
}

#[test]
fn the_recursive_function_runs_once_for_each_number() {
    fn fib(cache: &Cache<u64, u64>, n: u64) -> u64 {
        cache.run(n, || if n < 2 { n } else { fib(cache, n - 1) + fib(cache, n - 2) })
    }
    let cache = Cache::new(128);
    assert_eq!(fib(&cache, 30), 832_040);
    assert_eq!(cache.stats(), Stats { hits: 28, misses: 31, size: 31 });
}

#[test]
fn hits_are_told_and_failures_are_not_kept() {
    let simulation = Simulation::seeded(1);
    let cache: Cache<&str, u32> = Cache::new(2);
    let log = simulation.run(|| {
        ["x", "1", "2"].map(|text| cache.run("key", || text.parse::<u32>()).map_err(|error| error.to_string()))
    });
    assert_eq!(log, [Err("invalid digit found in string".to_owned()), Ok(1), Ok(1)]);
    let events: Vec<_> = simulation.events().iter().map(ToString::to_string).collect();
    assert_eq!(events, ["0ns call: cached"]);
}

#[test]
fn the_one_that_is_not_asked_for_makes_room() {
    let cache = Cache::new(2);
    let ask = |key: char| {
        let ran = Cell::new(false);
        cache.run(key, || ran.set(true));
        ran.get()
    };
    assert_eq!(['a', 'b', 'a', 'c', 'a', 'b', 'c'].map(ask), [true, true, false, true, false, true, true]);
    assert_eq!(cache.stats(), Stats { hits: 2, misses: 5, size: 2 });
}

/// The same as the cache, by a list that is searched.
struct Naive {
    size: usize,
    ttl: Option<Duration>,
    /// The least recent first.
    kept: VecDeque<(u8, u32, Duration)>,
}

impl Naive {
    fn ask(&mut self, key: u8, now: Duration, value: Option<u32>) -> Option<u32> {
        let known = self.kept.iter().position(|kept| kept.0 == key).and_then(|at| self.kept.remove(at));
        let known = known.filter(|kept| self.ttl.is_none_or(|ttl| now < kept.2 + ttl));
        let kept = known.or(value.map(|value| (key, value, now)))?;
        self.kept.push_back(kept);
        if self.kept.len() > self.size {
            self.kept.pop_front();
        }
        Some(kept.1)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Ask { key: u8, fails: bool },
    Pass(u64),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..6_u8, prop::bool::weighted(0.2)).prop_map(|(key, fails)| Step::Ask { key, fails }),
        3 => (1..8_u64).prop_map(Step::Pass),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #[test]
    fn it_does_what_a_list_does(size in 1..5_usize, ttl in prop::option::of(1..12_u64), steps in steps()) {
        let simulation = Simulation::seeded(1);
        let ttl = ttl.map(Duration::from_secs);
        let cache = ttl.iter().fold(Cache::<u8, u32>::new(size), |cache, ttl| cache.ttl(*ttl));
        let mut naive = Naive { size, ttl, kept: VecDeque::new() };
        let mut asked = 0;
        let mut value = 0;
        for step in steps {
            match step {
                Step::Ask { key, fails } => {
                    value += 1;
                    asked += 1;
                    let outcome = if fails { Err(()) } else { Ok(value) };
                    let got = simulation.run(|| cache.run(key, || outcome));
                    let now = simulation.now().since(Moment::default());
                    prop_assert_eq!(got.ok(), naive.ask(key, now, outcome.ok()));
                }
                Step::Pass(time) => simulation.advance(Duration::from_secs(time)),
                Step::Clear => {
                    cache.clear();
                    naive.kept.clear();
                    asked = 0;
                }
            }
            let Stats { hits, misses, size } = cache.stats();
            prop_assert_eq!(hits + misses, asked);
            prop_assert!(size <= cache.size);
        }
    }
}

#[test]
fn many_threads_run_it_once() {
    let cache = Cache::new(1);
    let ran = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let value = cache.run("key", || {
                    until_waiting(&cache, &"key", 7);
                    ran.fetch_add(1, Ordering::Relaxed) + 41
                });
                assert_eq!(value, 41);
            });
        }
    });
    assert_eq!(ran.into_inner(), 1);
    assert_eq!(cache.stats(), Stats { hits: 7, misses: 1, size: 1 });
}

#[test]
fn those_who_wait_get_the_value_though_there_is_no_room_for_it() {
    let cache = Cache::new(1);
    let ran = AtomicU32::new(0);
    thread::scope(|scope| {
        for key in 0..4 {
            for _ in 0..4 {
                let (cache, ran) = (&cache, &ran);
                scope.spawn(move || {
                    let value = cache.run(key, || {
                        until_waiting(cache, &key, 3);
                        ran.fetch_add(1, Ordering::Relaxed);
                        key
                    });
                    assert_eq!(value, key);
                });
            }
        }
    });
    assert_eq!(ran.into_inner(), 4);
}

#[test]
fn when_the_first_fails_or_panics_the_next_runs() {
    for panics in [false, true] {
        let cache: Cache<(), u32> = Cache::new(1);
        let ran = AtomicU32::new(0);
        let failed = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        cache.run((), || {
                            let nth = ran.fetch_add(1, Ordering::Relaxed);
                            until_waiting(&cache, &(), 3 - nth as usize);
                            match nth {
                                0 if panics => std::panic::resume_unwind(Box::new("broken")),
                                0 => Err("down"),
                                _ => Ok(nth),
                            }
                        })
                    }));
                    match outcome {
                        Ok(Ok(value)) => assert_eq!(value, 1),
                        Ok(Err(_)) | Err(_) => _ = failed.fetch_add(1, Ordering::Relaxed),
                    }
                });
            }
        });
        assert_eq!((ran.into_inner(), failed.into_inner()), (2, 1));
        assert_eq!(cache.stats(), Stats { hits: 2, misses: 2, size: 1 });
    }
}

#[test]
fn it_runs_inside_of_itself() {
    let cache = Cache::new(4);
    let value = cache.run("key", || 1 + cache.run("key", || 2));
    assert_eq!(value, 3);
    assert_eq!(cache.run("key", || 4), 2, "the inner one was over first");
    assert_eq!(cache.stats(), Stats { hits: 1, misses: 2, size: 1 });
}

#[test]
fn a_circle_over_two_caches_and_two_threads_is_no_deadlock() {
    let (here, there) = (Cache::new(4), Cache::new(4));
    let both = Barrier::new(2);
    let side = |own: &Cache<(), u32>, other: &Cache<(), u32>, worth: u32| {
        own.run((), || {
            both.wait();
            // Both are under way now, and each needs the other.
            other.run((), || worth * 2) + worth
        })
    };
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| side(&here, &there, 1));
        let second = scope.spawn(|| side(&there, &here, 100));
        (first.join().ok(), second.join().ok())
    });
    // The one that would have closed the circle runs what the other runs; the other waits for it.
    let outcome = (first, second);
    assert!([(Some(3), Some(103)), (Some(301), Some(300))].contains(&outcome), "{outcome:?}");
}

/// Threads that go round the same keys in different orders, each from within the computation of the one before.
#[test]
fn threads_that_wait_for_each_other_all_come_to_an_end() {
    fn ask(caches: &[Cache<usize, usize>; 2], lots: &mut fastrand::Rng, depth: u32) -> usize {
        let (cache, key) = (lots.usize(..2), lots.usize(..3));
        let mut lots = lots.fork();
        let value = caches[cache].run(key, || {
            for _ in 0..depth {
                ask(caches, &mut lots, depth - 1);
                thread::yield_now();
            }
            cache * 10 + key
        });
        assert_eq!(value, cache * 10 + key);
        value
    }
    for seed in 0..200 {
        let caches = [Cache::new(1), Cache::new(1)];
        thread::scope(|scope| {
            for number in 0..4 {
                let caches = &caches;
                scope.spawn(move || ask(caches, &mut fastrand::Rng::with_seed(seed * 4 + number), 3));
            }
        });
        for cache in &caches {
            assert!(cache.inner(|inner| inner.flights.is_empty()), "{seed}");
        }
    }
}

#[cfg(feature = "async")]
#[test]
fn a_call_can_go_on_on_another_thread() {
    fn elsewhere<F: Future<Output: Send> + Send>(future: F) -> F::Output {
        thread::scope(|scope| scope.spawn(|| Simulation::seeded(1).block_on(future)).join().unwrap())
    }
    let cache: Cache<String, u32> = Cache::new(1);
    let ask = || cache.run_async("key".to_owned(), || async { Ok::<_, String>(1) });
    let mut begun = Box::pin(ask());
    assert_eq!([elsewhere(begun.as_mut()), elsewhere(ask())], [Ok(1), Ok(1)]);
    assert_eq!(cache.stats(), Stats { hits: 1, misses: 1, size: 1 });
}

#[test]
fn what_was_cleared_while_it_ran_is_not_kept() {
    let cache = Cache::new(4);
    let value = cache.run("key", || {
        cache.clear();
        1
    });
    assert_eq!((value, cache.stats()), (1, Stats::default()));
    assert_eq!(cache.run("key", || 2), 2);
}

#[test]
fn what_was_removed_while_it_ran_is_not_kept() {
    let cache = Cache::new(4);
    assert_eq!(cache.run("other", || 0), 0);
    let value = cache.run("key", || {
        cache.remove("key");
        1
    });
    assert_eq!((value, cache.get("key"), cache.get("other")), (1, None, Some(0)));
    assert_eq!(cache.run("key", || 2), 2);
    cache.remove("key");
    assert_eq!((cache.get("key"), cache.stats()), (None, Stats { hits: 0, misses: 3, size: 1 }));
}

#[test]
fn what_is_too_old_is_not_got() {
    let simulation = Simulation::seeded(1);
    let cache = Cache::new(4).ttl(Duration::from_secs(1));
    simulation.run(|| cache.run("key", || 1));
    simulation.advance(Duration::from_millis(999));
    assert_eq!(simulation.run(|| cache.get("key")), Some(1));
    simulation.advance(Duration::from_millis(1));
    assert_eq!(simulation.run(|| cache.get("key")), None);
}

#[test]
fn a_stale_value_goes_to_those_who_wait_and_is_not_kept() {
    let cache = Cache::new(4);
    let stale = Aged::stale(1, Duration::from_mins(1));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let value = (&cache.of("key").fresh_only()).run(|| {
                    until_waiting(&cache, &"key", 2);
                    stale
                });
                assert_eq!(value, stale);
            });
        }
    });
    assert_eq!(cache.stats(), Stats { hits: 2, misses: 1, size: 0 });
}

/// What all the calls of one key do that fail, each of which takes a second.
#[cfg(feature = "async")]
#[test]
fn tasks_that_wait_for_what_fails_run_in_growing_numbers() {
    const SECOND: Duration = Duration::from_secs(1);
    let simulation = Simulation::seeded(1);
    let cache: Cache<(), u32> = Cache::new(1);
    let began = RefCell::new(Vec::new());
    let ask = || {
        cache.run_async((), || async {
            began.borrow_mut().push(simulation.elapsed());
            sleep_async(SECOND).await;
            Err::<u32, _>("down")
        })
    };
    let mut calls: Vec<_> = (0..100).map(|_| Some(Box::pin(ask()))).collect();
    simulation.block_on(std::future::poll_fn(|cx| {
        for call in &mut calls {
            if call.as_mut().is_some_and(|call| call.as_mut().poll(cx).is_ready()) {
                *call = None;
            }
        }
        if calls.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    }));
    drop(calls);
    let began = began.into_inner();
    let rounds: Vec<_> =
        began.chunk_by(|one, next| one == next).map(|round| (round[0].as_secs(), round.len())).collect();
    assert_eq!(rounds, [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 36)]);
    assert_eq!(cache.stats(), Stats { hits: 0, misses: 100, size: 0 });
}

#[test]
fn threads_that_wait_for_what_fails_run_in_growing_numbers() {
    const THREADS: usize = 16;
    let cache: Cache<(), u32> = Cache::new(1);
    // How many run, how many are done, and how many ran at once.
    let state = Mutex::new((0, 0, Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let outcome = cache.run((), || {
                    state.lock().unwrap().0 += 1;
                    // Until all others have decided what they do.
                    loop {
                        let mut state = state.lock().unwrap();
                        if state.0 + state.1 + waiting(&cache, &()) >= THREADS {
                            let running = state.0;
                            state.2.push(running);
                            break;
                        }
                        drop(state);
                        thread::yield_now();
                    }
                    let mut state = state.lock().unwrap();
                    (state.0, state.1) = (state.0 - 1, state.1 + 1);
                    Err::<u32, _>("down")
                });
                assert_eq!(outcome, Err("down"));
            });
        }
    });
    let (.., ran) = state.into_inner().unwrap();
    // The first two alone; later 8, with one that was faster to lead, and 4 who had not ended yet.
    assert_eq!((&ran[..2], ran.len()), (&[1, 1][..], THREADS));
    assert!(ran.iter().any(|at_once| *at_once > 2) && ran.iter().all(|at_once| *at_once <= 13), "{ran:?}");
}

#[cfg(feature = "async")]
#[test]
fn one_that_runs_beside_a_call_that_hangs_ends_the_wait() {
    let simulation = Simulation::seeded(1);
    let cache: Cache<(), u32> = Cache::new(1);
    let ran = Cell::new(0);
    let ask = || {
        cache.run_async((), || async {
            let nth = ran.replace(ran.get() + 1);
            let time = if nth == 2 { 100 } else { 1 };
            sleep_async(Duration::from_secs(time)).await;
            if nth < 2 { Err("down") } else { Ok(nth) }
        })
    };
    let mut calls: Vec<_> = (0..6).map(|_| (Box::pin(ask()), None)).collect();
    simulation.block_on(std::future::poll_fn(|cx| {
        for (call, outcome) in &mut calls {
            if outcome.is_none()
                && let Poll::Ready(value) = call.as_mut().poll(cx)
            {
                *outcome = Some((value, simulation.elapsed().as_secs()));
            }
        }
        if calls.iter().all(|(_, outcome)| outcome.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    }));
    let outcomes: Vec<_> = calls.into_iter().filter_map(|(_, outcome)| outcome).collect();
    let down = Err("down");
    assert_eq!(outcomes, [(down, 1), (down, 2), (Ok(2), 102), (Ok(3), 3), (Ok(3), 3), (Ok(3), 3)]);
    assert_eq!(cache.get(&()), Some(3));
}

/// Thread-locals are dropped in an order of their own: the one that knows the flight of a thread may be gone by then.
#[cfg(feature = "async")]
#[test]
fn a_call_may_be_dropped_when_its_thread_ends() {
    type Call = Pin<Box<dyn Future<Output = u32>>>;
    thread_local! {
        static CALL: RefCell<Option<Call>> = const { RefCell::new(None) };
    }
    static CACHE: Cache<(), u32> = Cache::new(1);
    let ended = thread::spawn(|| {
        // First, so that it is dropped last.
        CALL.set(None);
        let mut call: Call = Box::pin(CACHE.run_async((), std::future::pending));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        CALL.set(Some(call));
    });
    assert!(ended.join().is_ok());
    assert_eq!(CACHE.run((), || 2), 2, "nobody waits for the call that was dropped");
}

/// Runs and is answered where no thread-local can be used.
#[test]
fn a_call_may_be_made_when_its_thread_ends() {
    struct Asks(&'static Cache<(), u32>);
    impl Drop for Asks {
        fn drop(&mut self) {
            for value in [1, 2] {
                self.0.run((), || value);
            }
        }
    }
    thread_local! {
        static ASKS: RefCell<Option<Asks>> = const { RefCell::new(None) };
    }
    static CACHE: Cache<(), u32> = Cache::new(1);
    thread::spawn(|| {
        ASKS.set(Some(Asks(&CACHE)));
        // So that those of the runtime are dropped before.
        CACHE.run((), || 0);
        CACHE.run((), || 0);
        CACHE.clear();
    })
    .join()
    .unwrap();
    assert_eq!((CACHE.get(&()), CACHE.stats().hits), (Some(1), 1));
}

#[test]
fn a_value_may_call_the_cache_when_it_is_cloned_and_dropped() {
    struct Calls<'c>(&'c Cache<u32, Calls<'c>>, &'c AtomicU32);
    impl Clone for Calls<'_> {
        fn clone(&self) -> Self {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.stats();
            Calls(self.0, self.1)
        }
    }
    impl Drop for Calls<'_> {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }
    let count: &AtomicU32 = Box::leak(Box::default());
    let cache: &Cache<u32, Calls<'_>> = Box::leak(Box::new(Cache::new(1)));
    for key in [1, 2, 2, 1] {
        drop(cache.run(key, || Calls(cache, count)));
    }
    cache.clear();
    // Of the 3 calls that ran each value was cloned and both were dropped; the hit was one more clone and drop.
    assert_eq!(count.load(Ordering::Relaxed), 3 * 3 + 2);
}

#[test]
#[should_panic(expected = "a cache keeps at least one value")]
fn a_cache_of_nothing_is_refused() {
    let _: Cache<(), ()> = Cache::new(0);
}

#[test]
#[should_panic(expected = "a cache keeps its values for some time")]
fn no_time_is_refused() {
    let _: Cache<(), ()> = Cache::new(1).ttl(Duration::ZERO);
}
