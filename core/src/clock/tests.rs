use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::{Moment, Timer, World, enter, random, sleep, sleep_async, world};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn since_first(world: &World) -> Duration {
    world.now().since(Moment::FIRST)
}

/// Enters a world of its own.
fn new_world() -> (Arc<World>, super::Entered) {
    let world = Arc::new(World::new(1));
    (Arc::clone(&world), enter(world))
}

/// Writes down when it was woken, and by which name.
struct Note {
    name: &'static str,
    world: Arc<World>,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.world.note(self.name.to_owned());
    }
}

fn poll(timer: &mut Timer, waker: &Waker) -> Poll<()> {
    timer.as_mut().poll(&mut Context::from_waker(waker))
}

/// A timer that somebody of this name waits for.
fn waited(world: &Arc<World>, time: Duration, name: &'static str) -> Timer {
    let mut timer = sleep_async(time);
    assert!(poll(&mut timer, &Arc::new(Note { name, world: Arc::clone(world) }).into()).is_pending());
    timer
}

fn log(world: &World) -> Vec<String> {
    world.log().iter().map(ToString::to_string).collect()
}

#[test]
fn moments_are_counted_from_the_first() {
    let later = Moment::FIRST.plus(ms(5));
    assert_eq!(later.nanos(), 5_000_000);
    assert_eq!(later.since(Moment::FIRST), ms(5));
    assert_eq!(Moment::FIRST.since(later), Duration::ZERO);
    assert_eq!(later.plus(Duration::MAX).nanos(), u64::MAX);
}

#[test]
fn real_time_does_not_run_backwards() {
    let first = Moment::now();
    assert!(world().is_none());
    assert!(Moment::now() >= first);
    assert!((0.0..1.0).contains(&random()));
}

#[test]
fn time_stands_still_until_somebody_sleeps() {
    let (world, _entered) = new_world();
    assert_eq!(Moment::now(), Moment::FIRST);
    sleep(ms(20));
    sleep(Duration::ZERO);
    assert_eq!(since_first(&world), ms(20));
}

#[test]
fn timers_wake_in_their_order_each_at_its_moment() {
    let (world, _entered) = new_world();
    let _timers = [(30, "c"), (10, "a"), (20, "b"), (10, "a, too")].map(|(at, name)| waited(&world, ms(at), name));
    sleep(ms(25));
    assert_eq!(log(&world), ["10ms a", "10ms a, too", "20ms b"]);
    assert_eq!(since_first(&world), ms(25));
    assert!(world.pass_to_next());
    assert_eq!(log(&world).last().unwrap(), "30ms c");
    assert!(!world.pass_to_next());
}

#[test]
fn a_timer_is_ready_at_its_moment_and_not_before() {
    let (_world, _entered) = new_world();
    let mut timer = sleep_async(ms(10));
    sleep(ms(9));
    assert_eq!(poll(&mut timer, Waker::noop()), Poll::Pending);
    sleep(ms(1));
    assert_eq!(poll(&mut timer, Waker::noop()), Poll::Ready(()));
    assert_eq!(poll(&mut sleep_async(Duration::ZERO), Waker::noop()), Poll::Ready(()));
}

#[test]
fn a_timer_that_is_dropped_wakes_nobody() {
    let (world, _entered) = new_world();
    let kept = waited(&world, ms(20), "kept");
    drop(waited(&world, ms(10), "dropped"));
    assert!(world.pass_to_next());
    assert_eq!(log(&world), ["20ms kept"]);
    drop(kept);
    assert!(!world.pass_to_next());
}

#[test]
fn the_last_to_ask_a_timer_is_woken() {
    let (world, _entered) = new_world();
    let mut timer = waited(&world, ms(10), "first");
    let second = Arc::new(Note { name: "second", world: Arc::clone(&world) }).into();
    assert!(poll(&mut timer, &second).is_pending());
    assert!(world.pass_to_next());
    assert!(!world.pass_to_next());
    assert_eq!(log(&world), ["10ms second"]);
}

#[test]
fn a_waker_may_look_at_the_time_when_it_is_dropped() {
    struct Looks(Arc<World>);
    impl Wake for Looks {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Looks {
        fn drop(&mut self) {
            self.0.note(format!("{:?}", since_first(&self.0)));
        }
    }
    let (world, _entered) = new_world();
    let waker = || Waker::from(Arc::new(Looks(Arc::clone(&world))));
    let mut timer = sleep_async(ms(10));
    assert!(poll(&mut timer, &waker()).is_pending());
    assert!(poll(&mut timer, &waker()).is_pending());
    drop(timer);
    assert_eq!(log(&world), ["0ns 0ns", "0ns 0ns"]);
}

#[test]
fn who_is_woken_may_wait_again_in_the_time_that_passes() {
    /// Waits for the next when it is woken for the last.
    struct Again(Arc<World>, std::sync::Mutex<Vec<Timer>>);
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            self.0.note("tick".to_owned());
            let mut timer: Timer = Box::pin(Arc::clone(&self.0).timer(ms(10)));
            assert!(poll(&mut timer, &Arc::clone(&self).into()).is_pending());
            self.1.lock().unwrap().push(timer);
        }
    }
    let (world, _entered) = new_world();
    Arc::new(Again(Arc::clone(&world), std::sync::Mutex::default())).wake();
    sleep(ms(35));
    assert_eq!(log(&world), ["0ns tick", "10ms tick", "20ms tick", "30ms tick"]);
}

#[test]
fn a_world_is_left_when_its_guard_is_dropped_also_by_a_panic() {
    let (outer, _entered) = new_world();
    let left = std::panic::catch_unwind(|| {
        let (inner, _entered) = new_world();
        sleep(ms(1));
        assert_eq!(since_first(&inner), ms(1));
        panic!("on purpose");
    });
    assert!(left.is_err());
    assert!(Arc::ptr_eq(&world().unwrap(), &outer));
    assert_eq!(since_first(&outer), Duration::ZERO);
}

#[test]
fn threads_that_share_a_world_share_its_time_and_its_timers() {
    const THREADS: u64 = 4;
    const SLEEPS: u64 = 500;
    let world = Arc::new(World::new(1));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let world = Arc::clone(&world);
            scope.spawn(move || {
                let _entered = enter(world);
                let mut last = Moment::FIRST;
                for _ in 0..SLEEPS {
                    let mut timer = sleep_async(ms(1));
                    let _ = poll(&mut timer, Waker::noop());
                    let before = Moment::now();
                    sleep(ms(1 + thread));
                    let now = Moment::now();
                    assert!(now.since(before) >= ms(1 + thread) && before >= last);
                    assert!(poll(&mut timer, Waker::noop()).is_ready());
                    last = now;
                }
            });
        }
    });
    let passed = since_first(&world);
    assert!(passed >= ms(SLEEPS * THREADS), "the slowest thread alone sleeps so long: {passed:?}");
    assert!(
        passed <= ms((1..=THREADS).map(|each| each * SLEEPS).sum()),
        "no time passes but what is slept: {passed:?}"
    );
    assert!(!world.pass_to_next(), "no timer is left");
}

#[test]
fn the_same_seed_draws_the_same_lots() {
    let draw = |seed| {
        let _entered = enter(Arc::new(World::new(seed)));
        (0..100).map(|_| random()).collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    assert!(draw(9).iter().all(|lot| (0.0..1.0).contains(lot)));
}

#[test]
fn several_that_wait_in_one_task_each_get_their_turn() {
    /// Polls both until both are ready.
    struct Both<'f>(Vec<Pin<Box<dyn Future<Output = ()> + 'f>>>);
    impl Future for Both<'_> {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0.retain_mut(|future| future.as_mut().poll(cx).is_pending());
            if self.0.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        }
    }
    let simulation = crate::testing::Simulation::seeded(1);
    let order = RefCell::new(Vec::new());
    let task = |name: &'static str, times: [u64; 3]| {
        let order = &order;
        async move {
            for time in times {
                sleep_async(ms(time)).await;
                order.borrow_mut().push((name, Moment::now().since(Moment::FIRST)));
            }
        }
    };
    simulation.block_on(pin!(Both(vec![Box::pin(task("a", [10, 10, 10])), Box::pin(task("b", [15, 1, 30]))])));
    let millis: Vec<_> = order.take().into_iter().map(|(name, at)| (name, at.as_millis())).collect();
    assert_eq!(millis, [("a", 10), ("b", 15), ("b", 16), ("a", 20), ("a", 30), ("b", 46)]);
}
