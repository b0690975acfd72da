//! Every order in which tasks can go on, and every moment at which one can be cancelled.
//!
//! A task goes on from one point where it waits to the next; what it does between is done under the lock of the cache. So all
//! orders of a few tasks are all there is to see, but for what two threads do between two locks.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake};

use super::super::flight::Flight;
use super::*;

/// What each task asks for, and what the computation of each key asks for in turn.
struct Plan {
    asks: &'static [usize],
    needs: &'static [&'static [usize]],
    /// The first computations of these keys fail.
    fail: &'static [usize],
    /// Whether one of the tasks may be cancelled.
    cancels: bool,
    size: usize,
}

/// What has happened.
#[derive(Default)]
struct Log {
    /// The computations under way: their key and the number of their flight.
    running: Vec<(usize, u64)>,
    flights: Vec<u64>,
    failed: Vec<usize>,
    /// How often each key was computed to the end, and for how many it was.
    computed: [u32; 4],
    /// Whether two computations of a key were under way at once.
    twice: bool,
}

struct World {
    plan: &'static Plan,
    cache: Cache<usize, usize>,
    log: RefCell<Log>,
}

/// Takes its computation out of the log when it is over, however it ends.
struct Runs<'w>(&'w World, u64);

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        self.0.log.borrow_mut().running.retain(|(_, id)| *id != self.1);
    }
}

/// Lets all others go on first.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl World {
    /// A computation begins. Whether it fails.
    fn begins(&self, key: usize, id: u64) -> bool {
        let mut log = self.log.borrow_mut();
        log.twice |= log.running.iter().any(|(running, _)| *running == key);
        log.running.push((key, id));
        log.flights.push(id);
        let fails = self.plan.fail.contains(&key) && !log.failed.contains(&key);
        if fails {
            log.failed.push(key);
        }
        fails
    }

    /// Asks for the value of a key, which needs others, `depth` deep.
    fn ask(&self, key: usize, depth: usize) -> Pin<Box<dyn Future<Output = Result<usize, ()>> + '_>> {
        Box::pin(self.cache.run_async(key, move || async move {
            let id = Flight::current().unwrap();
            let (_runs, fails) = (Runs(self, id), self.begins(key, id));
            pause().await;
            for need in self.plan.needs[key].iter().filter(|_| depth > 0) {
                self.ask(*need, depth - 1).await?;
            }
            self.log.borrow_mut().computed[key] += u32::from(!fails);
            if fails { Err(()) } else { Ok(key * 10) }
        }))
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Task<'w> {
    future: Option<Pin<Box<dyn Future<Output = Result<usize, ()>> + 'w>>>,
    woken: Arc<Woken>,
    key: usize,
}

/// Runs one schedule: at each step the next of `choices` says which of what can happen does; behind its end the first does.
/// Gives how many there were to choose from at each step.
fn run(plan: &'static Plan, choices: &[usize]) -> (Vec<usize>, Log) {
    let world = Rc::new(World { plan, cache: Cache::new(plan.size), log: RefCell::default() });
    let mut options = Vec::new();
    let mut tasks: Vec<Task<'_>> = plan
        .asks
        .iter()
        .map(|key| Task { future: Some(world.ask(*key, 2)), woken: Arc::new(Woken(AtomicBool::new(true))), key: *key })
        .collect();
    let mut cancels = plan.cancels;
    while tasks.iter().any(|task| task.future.is_some()) {
        let open = |index: &usize| tasks[*index].future.is_some();
        let ready: Vec<usize> =
            (0..tasks.len()).filter(open).filter(|index| tasks[*index].woken.0.load(Ordering::SeqCst)).collect();
        assert!(!ready.is_empty(), "all wait, and for nothing that comes: {choices:?}");
        let cancellable: Vec<usize> = (0..tasks.len()).filter(open).filter(|_| cancels).collect();
        let choice = choices.get(options.len()).copied().unwrap_or(0);
        options.push(ready.len() + cancellable.len());
        match ready.get(choice) {
            Some(index) => {
                let task = &mut tasks[*index];
                task.woken.0.store(false, Ordering::SeqCst);
                let waker = Arc::clone(&task.woken).into();
                let future = task.future.as_mut().unwrap();
                if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    assert!(outcome.is_err() || outcome == Ok(task.key * 10), "{choices:?}");
                    assert!(outcome.is_ok() || !plan.fail.is_empty(), "{choices:?}");
                    task.future = None;
                }
            }
            None => {
                tasks[cancellable[choice - ready.len()]].future = None;
                cancels = false;
            }
        }
        assert_eq!(Flight::current(), None, "a flight was left on the thread: {choices:?}");
    }
    drop(tasks);
    let left = world.cache.inner(|inner| inner.flights.len());
    let log = world.log.take();
    assert_eq!((left, log.running.len()), (0, 0), "something is still under way: {choices:?}");
    assert!(!Flight::any_awaited(&log.flights), "somebody is still said to wait: {choices:?}");
    (options, log)
}

/// Every schedule of a plan. Gives how many there are.
fn every(plan: &'static Plan, check: impl Fn(&Log, &[usize])) -> usize {
    let mut choices: Vec<usize> = Vec::new();
    for count in 1.. {
        let (options, log) = run(plan, &choices);
        check(&log, &choices);
        choices.resize(options.len(), 0);
        // The next in order: the last step that has another choice takes it.
        while let Some(last) = choices.pop() {
            if last + 1 < options[choices.len()] {
                choices.push(last + 1);
                break;
            }
        }
        if choices.is_empty() {
            return count;
        }
    }
    unreachable!()
}

fn never_twice(log: &Log, choices: &[usize]) {
    assert!(!log.twice, "{choices:?}");
}

fn once(log: &Log, choices: &[usize]) {
    never_twice(log, choices);
    assert!(log.computed.iter().all(|count| *count <= 1), "{choices:?}");
}

#[test]
fn one_key_runs_once() {
    static PLAN: Plan = Plan { asks: &[0, 0, 0, 0], needs: &[&[]], fail: &[], cancels: false, size: 4 };
    assert_eq!(every(&PLAN, once), 384);
}

#[test]
fn when_one_fails_or_is_cancelled_the_next_runs() {
    static PLAN: Plan = Plan { asks: &[0, 0, 0], needs: &[&[]], fail: &[0], cancels: true, size: 4 };
    assert_eq!(every(&PLAN, once), 384);
}

#[test]
fn keys_that_need_a_common_one_run_it_once() {
    static PLAN: Plan = Plan { asks: &[0, 1, 2], needs: &[&[2], &[2], &[]], fail: &[2], cancels: true, size: 4 };
    assert_eq!(every(&PLAN, never_twice), 2492);
}

#[test]
fn without_room_those_who_wait_get_the_value() {
    static PLAN: Plan = Plan { asks: &[0, 0, 1], needs: &[&[], &[]], fail: &[], cancels: false, size: 1 };
    assert_eq!(every(&PLAN, never_twice), 50);
}

#[test]
fn circles_of_two_end() {
    static PLAN: Plan = Plan { asks: &[0, 1], needs: &[&[1], &[0]], fail: &[], cancels: true, size: 4 };
    assert_eq!(every(&PLAN, |_, _| {}), 74);
}

#[test]
fn circles_of_three_end() {
    static PLAN: Plan = Plan { asks: &[0, 1, 2], needs: &[&[1], &[2], &[0]], fail: &[], cancels: false, size: 4 };
    assert_eq!(every(&PLAN, |_, _| {}), 348);
}

#[test]
fn a_key_that_needs_itself_ends() {
    static PLAN: Plan = Plan { asks: &[0, 0], needs: &[&[0]], fail: &[], cancels: true, size: 4 };
    assert_eq!(every(&PLAN, |_, _| {}), 54);
}
