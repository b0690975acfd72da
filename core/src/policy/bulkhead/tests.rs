//! Every state that four callers can bring a bulkhead into, and many threads and tasks at one.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::{Bulkhead, Entry, Place, Queued};
use crate::clock::Moment;
#[cfg(feature = "async")]
use crate::clock::sleep_async;
use crate::policy::{Before, BulkheadFull, Call, Event, Policy, Wait, block};
use crate::testing::Simulation;

const CALLERS: usize = 4;

/// What a caller does next. Each takes one step under the lock, so all interleavings of threads are sequences of these.
#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(usize),
    Poll(usize),
    /// Ends its call, or leaves the queue.
    Leave(usize),
}

/// The plain account of what should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Account {
    running: Vec<usize>,
    /// Those who have been handed a place and have not seen it yet.
    handed: Vec<usize>,
    queue: VecDeque<usize>,
    polled: Vec<usize>,
}

impl Account {
    fn steps(&self) -> Vec<Step> {
        let step = |caller: usize| {
            if self.running.contains(&caller) {
                vec![Step::Leave(caller)]
            } else if self.handed.contains(&caller) || self.queue.contains(&caller) {
                vec![Step::Poll(caller), Step::Leave(caller)]
            } else {
                vec![Step::Enter(caller)]
            }
        };
        (0..CALLERS).flat_map(step).collect()
    }

    fn hand_on(&mut self) {
        self.handed.extend(self.queue.pop_front());
    }

    fn step(&mut self, step: Step, most: usize, queue: usize) {
        match step {
            Step::Enter(caller) => {
                if self.running.len() + self.handed.len() < most {
                    self.running.push(caller);
                } else if self.queue.len() < queue {
                    self.queue.push_back(caller);
                }
            }
            Step::Poll(caller) => match self.handed.iter().position(|other| *other == caller) {
                Some(at) => {
                    self.handed.remove(at);
                    self.polled.retain(|other| *other != caller);
                    self.running.push(caller);
                }
                None if self.polled.contains(&caller) => {}
                None => self.polled.push(caller),
            },
            Step::Leave(caller) => {
                let waits = self.queue.contains(&caller);
                for list in [&mut self.running, &mut self.handed, &mut self.polled] {
                    list.retain(|other| *other != caller);
                }
                self.queue.retain(|other| *other != caller);
                if !waits {
                    self.hand_on();
                }
            }
        }
        self.running.sort_unstable();
        self.handed.sort_unstable();
        self.polled.sort_unstable();
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A caller of the real one.
enum Caller<'b> {
    Out,
    Queued(Queued<'b>),
    In(#[expect(dead_code, reason = "it is held")] Place<'b>),
}

/// Does these steps from the beginning, and compares after each.
fn walk(steps: &[Step], most: usize, queue: usize) -> Account {
    let bulkhead = Bulkhead::new(most).queue(queue);
    let woken: [Arc<Woken>; CALLERS] = Default::default();
    let mut callers = [const { Caller::Out }; CALLERS];
    let mut account = Account::default();
    for (at, step) in steps.iter().copied().enumerate() {
        account.step(step, most, queue);
        match step {
            Step::Enter(caller) => {
                callers[caller] = match bulkhead.enter() {
                    Entry::Free(place) => Caller::In(place),
                    Entry::Queued(queued) => Caller::Queued(queued),
                    Entry::Full => Caller::Out,
                }
            }
            Step::Poll(caller) => {
                let Caller::Queued(queued) = &mut callers[caller] else { unreachable!("it does not wait") };
                let waker = Waker::from(Arc::clone(&woken[caller]));
                woken[caller].0.store(false, Ordering::SeqCst);
                if let Poll::Ready(place) = Pin::new(queued).poll(&mut Context::from_waker(&waker)) {
                    callers[caller] = Caller::In(place.unwrap());
                }
            }
            Step::Leave(caller) => callers[caller] = Caller::Out,
        }
        let story = &steps[..=at];
        let taken = account.running.len() + account.handed.len();
        assert_eq!((bulkhead.running(), bulkhead.waiting()), (taken, account.queue.len()), "{story:?}");
        assert!(taken <= most && account.queue.len() <= queue, "{story:?}");
        for (caller, is) in callers.iter().enumerate() {
            assert_eq!(matches!(is, Caller::In(_)), account.running.contains(&caller), "{caller} in {story:?}");
            if account.handed.contains(&caller) && account.polled.contains(&caller) {
                assert!(woken[caller].0.load(Ordering::SeqCst), "{caller} sleeps for ever in {story:?}");
            }
        }
    }
    drop(callers);
    assert_eq!((bulkhead.running(), bulkhead.waiting()), (0, 0), "{steps:?}");
    account
}

#[test]
fn every_state_is_as_it_should_be() {
    let mut states = 0;
    for (most, queue) in [(1, 0), (1, 1), (1, 3), (2, 1), (2, 2)] {
        let mut seen = HashSet::from([Account::default()]);
        let mut to_do = VecDeque::from([(Vec::new(), Account::default())]);
        while let Some((steps, account)) = to_do.pop_front() {
            for step in account.steps() {
                let steps = [steps.as_slice(), &[step]].concat();
                let next = walk(&steps, most, queue);
                if seen.insert(next.clone()) {
                    to_do.push_back((steps, next));
                }
            }
        }
        states += seen.len();
    }
    assert!(states > 500, "only {states} states were reached");
}

#[test]
fn never_more_at_once_than_allowed_and_none_left_behind() {
    const MOST: usize = 3;
    static BULKHEAD: Bulkhead = Bulkhead::new(MOST).queue(4);
    let (running, ran, refused, cancelled) =
        (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let body = |place: Place<'_>| {
        assert!(running.fetch_add(1, Ordering::SeqCst) < MOST);
        thread::yield_now();
        running.fetch_sub(1, Ordering::SeqCst);
        ran.fetch_add(1, Ordering::Relaxed);
        drop(place);
    };
    let hammer = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..5_000 {
            match Policy::<Result<(), BulkheadFull>>::before(&&BULKHEAD, &Call::new("call")) {
                Before::Go(place) => body(place),
                Before::Return(_) => {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                Before::Wait(Wait::Until(mut place)) if random.u8(..4) == 0 => {
                    // A task that asks once or twice, and is then cancelled, whether its place has come or not.
                    let mut cx = Context::from_waker(Waker::noop());
                    let mut polls = (0..random.u8(..3)).map(|_| place.as_mut().poll(&mut cx));
                    match polls.find(Poll::is_ready) {
                        Some(Poll::Ready(place)) => body(place.unwrap()),
                        _ => {
                            cancelled.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                Before::Wait(Wait::Until(place)) => body(block(place).unwrap()),
                Before::Wait(Wait::Time(..)) => unreachable!("a bulkhead knows no time"),
            }
        }
    };
    thread::scope(|scope| {
        for seed in 0..10 {
            let hammer = &hammer;
            scope.spawn(move || hammer(seed));
        }
    });
    let all = [&ran, &refused, &cancelled].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(all.iter().sum::<usize>(), 50_000);
    assert!(all.iter().all(|count| *count > 0), "{all:?}");
    assert_eq!((BULKHEAD.running(), BULKHEAD.waiting()), (0, 0));
}

#[test]
fn a_call_that_panics_frees_its_place() {
    let bulkhead = Bulkhead::new(1);
    let panics = || bulkhead.run(|| -> Result<(), BulkheadFull> { panic!("call") });
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
    assert_eq!(bulkhead.run(|| Ok::<_, BulkheadFull>(1)), Ok(1));
}

#[test]
fn refusing_is_told() {
    let bulkhead = Bulkhead::new(1);
    let simulation = Simulation::seeded(1);
    let outcome =
        simulation.run(|| bulkhead.run(|| bulkhead.run(|| -> Result<(), BulkheadFull> { unreachable!("it is full") })));
    assert_eq!(outcome, Err(BulkheadFull));
    let events: Vec<_> = simulation.events().into_iter().map(|told| told.event).collect();
    assert_eq!(events, [Event::Refused { by: "bulkhead" }]);
    assert_eq!(format!("{bulkhead:?}"), "Bulkhead { most: 1, queue: 0, running: 0, waiting: 0, .. }");
}

#[cfg(feature = "async")]
#[test]
fn tasks_go_in_the_order_in_which_they_came() {
    use std::sync::Mutex;
    use std::time::Duration;

    use crate::clock::{self, Moment};

    let bulkhead = Bulkhead::new(2).queue(2);
    let simulation = Simulation::seeded(1);
    let begun = Mutex::new(Vec::new());
    let task = |name: u8, seconds: u64| {
        let (bulkhead, begun) = (&bulkhead, &begun);
        let call = move || async move {
            begun.lock().unwrap().push((Moment::now().since(Moment::default()).as_secs(), name));
            clock::sleep_async(Duration::from_secs(seconds)).await;
            Ok::<_, BulkheadFull>(())
        };
        Box::pin(bulkhead.run_async(call)) as Pin<Box<dyn Future<Output = _>>>
    };
    let mut tasks = [task(1, 5), task(2, 2), task(3, 1), task(4, 1), task(5, 1)];
    let mut outcomes = [None; 5];
    simulation.block_on(std::future::poll_fn(|cx| {
        for (task, outcome) in tasks.iter_mut().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_none()) {
            if let Poll::Ready(done) = task.as_mut().poll(cx) {
                *outcome = Some(done);
            }
        }
        if outcomes.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert_eq!(*begun.lock().unwrap(), [(0, 1), (0, 2), (2, 3), (3, 4)]);
    let ok = Some(Ok(()));
    assert_eq!(outcomes, [ok, ok, ok, ok, Some(Err(BulkheadFull))]);
    let events: Vec<_> = simulation.events().into_iter().map(|told| told.event).collect();
    let waited = Event::Waited { by: "bulkhead" };
    assert_eq!(events, [waited.clone(), waited, Event::Refused { by: "bulkhead" }]);
}

#[test]
#[should_panic(expected = "at least one call")]
fn no_places_are_nonsense() {
    let _ = Bulkhead::new(0);
}

#[test]
fn who_has_waited_long_enough_is_refused_and_leaves_the_queue() {
    const SECOND: Duration = Duration::from_secs(1);
    let bulkhead = Bulkhead::new(1).queue(2);
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let ended = bulkhead.run(|| {
            let inner = bulkhead.max_wait(SECOND).run(|| Ok::<_, BulkheadFull>(1));
            assert_eq!((inner, bulkhead.waiting(), bulkhead.running()), (Err(BulkheadFull), 0, 1));
            Ok::<_, BulkheadFull>(2)
        });
        assert_eq!((ended, simulation.elapsed()), (Ok(2), SECOND));
        // What is used again waits anew, and whoever finds a place does not wait.
        let limited = bulkhead.max_wait(SECOND);
        assert_eq!(limited.run(|| Ok::<_, BulkheadFull>(3)), Ok(3));
        for _ in 0..2 {
            let _ = bulkhead.run(|| {
                assert_eq!(limited.run(|| Ok::<_, BulkheadFull>(4)), Err(BulkheadFull));
                Ok::<_, BulkheadFull>(5)
            });
        }
        assert_eq!((simulation.elapsed(), bulkhead.running()), (3 * SECOND, 0));
    });
    let log = simulation.log();
    assert_eq!(log[..2], ["0ns call: waited for bulkhead", "1s call: refused by bulkhead"]);
}

#[cfg(feature = "async")]
#[test]
fn who_gets_a_place_in_time_does_not_wait_any_longer() {
    let bulkhead = Bulkhead::new(1).queue(2);
    let simulation = Simulation::seeded(1);
    let ms = Duration::from_millis;
    let call = |takes: u64, max_wait: u64| {
        let (bulkhead, simulation) = (&bulkhead, &simulation);
        async move {
            let limited = bulkhead.max_wait(ms(max_wait));
            let runs = || async {
                sleep_async(ms(takes)).await;
                Ok::<_, BulkheadFull>(())
            };
            let outcome = limited.run_async(runs).await;
            (outcome.is_ok(), simulation.elapsed())
        }
    };
    let mut calls: Vec<Pin<Box<dyn Future<Output = _>>>> =
        vec![Box::pin(call(10, 1)), Box::pin(call(10, 9)), Box::pin(call(10, 15))];
    let mut ended = Vec::new();
    simulation.block_on(std::future::poll_fn(|cx| {
        calls.retain_mut(|call| match call.as_mut().poll(cx) {
            Poll::Ready(outcome) => {
                ended.push(outcome);
                false
            }
            Poll::Pending => true,
        });
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert_eq!(ended, [(false, ms(9)), (true, ms(10)), (true, ms(20))]);
    assert_eq!((bulkhead.running(), bulkhead.waiting()), (0, 0));
}

#[test]
fn a_thread_is_not_kept_longer_than_it_may_and_wakes_when_a_place_is_free() {
    let bulkhead = Bulkhead::new(1).queue(2);
    let (held, holds) = std::sync::mpsc::channel();
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let bulkhead = &bulkhead;
    thread::scope(|scope| {
        scope.spawn(move || {
            bulkhead.run(|| {
                held.send(()).unwrap();
                ends.recv().unwrap();
                Ok::<_, BulkheadFull>(())
            })
        });
        holds.recv().unwrap();
        let short = bulkhead.max_wait(Duration::from_millis(1)).run(|| Ok::<_, BulkheadFull>(1));
        assert_eq!((short, bulkhead.waiting()), (Err(BulkheadFull), 0));
        let patient = scope.spawn(|| bulkhead.max_wait(Duration::MAX).run(|| Ok::<_, BulkheadFull>(2)));
        let hour = scope.spawn(|| bulkhead.max_wait(Duration::from_hours(1)).run(|| Ok::<_, BulkheadFull>(3)));
        while bulkhead.waiting() < 2 {
            thread::yield_now();
        }
        end.send(()).unwrap();
        assert_eq!((patient.join().unwrap(), hour.join().unwrap()), (Ok(2), Ok(3)));
    });
}

#[test]
fn of_those_who_share_a_longest_wait_each_is_refused_for_its_own() {
    let bulkhead = Bulkhead::new(1).queue(usize::MAX);
    let limited = bulkhead.max_wait(Duration::from_millis(5));
    let refused = AtomicUsize::new(0);
    bulkhead
        .run(|| {
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for _ in 0..4 {
                            let started = Moment::now();
                            assert_eq!(limited.run(|| Ok::<_, BulkheadFull>(())), Err(BulkheadFull));
                            let waited = Moment::now().since(started);
                            assert!(waited >= Duration::from_millis(5), "refused after {waited:?} for another one");
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            Ok::<_, BulkheadFull>(())
        })
        .unwrap();
    assert_eq!((refused.into_inner(), bulkhead.running(), bulkhead.waiting()), (32, 0, 0));
}
