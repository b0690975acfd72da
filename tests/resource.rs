//! `#[resource]`: what stages share, from its opening to its end.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use millstream::prelude::*;
use millstream::resource::{Factory, Resources};
use millstream::sink::{Closed, Commit, Sink};
use millstream::stage::Flow;

/// What happened, in order.
type Log = Rc<RefCell<Vec<String>>>;

/// Says when it is opened, used and dropped.
struct Db {
    name: &'static str,
    log: Log,
}

impl Db {
    fn say(&self, what: &str) {
        self.log.borrow_mut().push(format!("{}: {what}", self.name));
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.say("dropped");
    }
}

fn db(name: &'static str, log: &Log) -> Db {
    log.borrow_mut().push(format!("{name}: opened"));
    Db { name, log: Rc::clone(log) }
}

fn factory(log: &Log) -> Factory<Db> {
    let log = Rc::clone(log);
    Factory::new(move || Ok::<_, String>(db("db", &log)))
}

#[stage]
fn looked_up(#[resource] db: &Db, id: u32) -> Result<u32, String> {
    db.say(&format!("item {id}"));
    if id == 13 { Err("unlucky".to_owned()) } else { Ok(id) }
}

#[stage]
fn kept(#[resource] db: Arc<Db>, #[state] last: &mut u32, id: u32) -> u32 {
    *last += 1;
    db.say(&format!("{id} is number {last}"));
    id
}

#[sink]
fn saved(#[resource] db: &Db, id: u32) {
    db.say(&format!("saved {id}"));
}

#[test]
fn a_value_is_shared_by_all_that_ask() {
    let log = Log::default();
    pipeline!(from_iter([1, 2]) | looked_up | saved).with(db("db", &log)).run().unwrap();
    assert_eq!(*log.borrow(), ["db: opened", "db: item 1", "db: saved 1", "db: item 2", "db: saved 2", "db: dropped"]);
}

#[test]
fn each_key_shares_it_too() {
    let log = Log::default();
    let items: Vec<u32> = pipeline!(from_iter([1, 2, 1]) | kept.keyed(|id| *id)).with(db("db", &log)).collect();
    assert_eq!(items, [1, 2, 1]);
    assert_eq!(log.borrow()[1..4], ["db: 1 is number 1", "db: 2 is number 1", "db: 1 is number 2"]);
}

#[test]
fn a_trait_object_is_shared() {
    trait Clock {
        fn now(&self) -> u32;
    }
    struct Fixed(u32);
    impl Clock for Fixed {
        fn now(&self) -> u32 {
            self.0
        }
    }
    #[stage]
    fn stamped(#[resource] clock: &dyn Clock, n: u32) -> (u32, u32) {
        (clock.now(), n)
    }
    let clock: Arc<dyn Clock> = Arc::new(Fixed(7));
    let report = pipeline!(from_iter([1, 2]) | stamped | collect()).with_shared(clock).run().unwrap();
    assert_eq!(report.output, [(7, 1), (7, 2)]);
}

#[test]
fn a_missing_one_is_named_before_anything_opens() {
    let opened = RefCell::new(false);
    let source = millstream::source::from_iter([1].into_iter().inspect(|_| *opened.borrow_mut() = true));
    let error = pipeline!({ source } | looked_up.named("lookup") | discard()).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "stage `lookup`: it needs a `Db`, and the pipeline was given none; write `.with(..)` behind the pipeline"
    );
    assert!(!opened.into_inner());
    let error = pipeline!(from_iter([1]) | looked_up | discard()).with(1_u8).with("x").run().unwrap_err();
    assert!(error.to_string().contains("and the pipeline was given only `u8`, `&str`;"), "{error}");
}

#[test]
fn the_last_one_given_is_found() {
    let log = Log::default();
    pipeline!(from_iter([1]) | saved).with(db("old", &log)).with(db("new", &log)).run().unwrap();
    assert_eq!(*log.borrow(), ["old: opened", "new: opened", "new: saved 1", "new: dropped", "old: dropped"]);
}

#[test]
fn a_factory_opens_once_and_closes_at_the_end() {
    let log = Log::default();
    let closing = factory(&log).on_close(|db: Db| db.say("closing"));
    pipeline!(from_iter([1]) | looked_up | saved).with_factory(closing).run().unwrap();
    assert_eq!(*log.borrow(), ["db: opened", "db: item 1", "db: saved 1", "db: closing", "db: dropped"]);
}

#[test]
fn a_factory_that_is_not_used_is_not_opened() {
    let log = Log::default();
    let error = pipeline!(from_iter([1]) | discard()).with_factory(factory(&log)).run().unwrap_err();
    assert_eq!(error.to_string(), "the resource `Db` was given, and no stage asks for it; remove it");
    pipeline!(from_iter([1]) | saved).with_factory(factory(&log)).with(db("fake", &log)).run().unwrap();
    assert_eq!(*log.borrow(), ["fake: opened", "fake: saved 1", "fake: dropped"]);
}

#[test]
fn one_that_cannot_open_fails_the_run() {
    let error =
        pipeline!(from_iter([1]) | saved).with_factory(Factory::<Db>::new(|| Err("no such file"))).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `saved`: the resource `Db` could not be opened: no such file");
}

/// Logs what is done to it.
struct Logged(Log);

struct Committed(Log);

impl Commit for Committed {
    fn sync(&mut self) -> Result<(), millstream::error::BoxError> {
        Ok(())
    }

    fn publish(&mut self) -> Result<(), millstream::error::BoxError> {
        self.0.borrow_mut().push("committed".to_owned());
        Ok(())
    }
}

impl Drop for Committed {
    fn drop(&mut self) {
        self.0.borrow_mut().push("commit over".to_owned());
    }
}

#[sink]
impl Sink<u32> for Logged {
    type Output = ();

    fn write(&mut self, _: u32) -> Result<Flow, Self::Error> {
        Ok(Flow::Continue(()))
    }

    fn close(self) -> Result<Closed<()>, Self::Error> {
        let mut closed = Closed::new(());
        closed.commit = Some(Box::new(Committed(self.0)));
        Ok(closed)
    }
}

#[test]
fn it_is_closed_after_the_commit() {
    let log = Log::default();
    let sink = Logged(Rc::clone(&log));
    let closing = factory(&log).on_close(|db: Db| db.say("closing"));
    pipeline!(from_iter([1]) | looked_up | { sink }).with_factory(closing).run().unwrap();
    let expected = ["db: opened", "db: item 1", "committed", "commit over", "db: closing", "db: dropped"];
    assert_eq!(*log.borrow(), expected);
}

#[test]
fn it_is_closed_after_a_failure() {
    let log = Log::default();
    let closing = factory(&log).on_close(|db: Db| db.say("closing"));
    let error = pipeline!(from_iter([13, 14]) | looked_up | saved).with_factory(closing).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `looked_up` at item 1 of from_iter: unlucky");
    assert_eq!(*log.borrow(), ["db: opened", "db: item 13", "db: closing", "db: dropped"]);
}

#[test]
fn it_is_closed_after_a_commit_that_is_given_up() {
    struct Fails;
    impl Commit for Fails {
        fn sync(&mut self) -> Result<(), millstream::error::BoxError> {
            Err("disk full".into())
        }
        fn publish(&mut self) -> Result<(), millstream::error::BoxError> {
            Ok(())
        }
    }
    struct Full;
    #[sink]
    impl Sink<u32> for Full {
        type Output = ();
        fn write(&mut self, _: u32) -> Result<Flow, Self::Error> {
            Ok(Flow::Continue(()))
        }
        fn close(self) -> Result<Closed<()>, Self::Error> {
            Ok(Closed { output: (), commit: Some(Box::new(Fails)) })
        }
    }
    let log = Log::default();
    let sink = Logged(Rc::clone(&log));
    let error = pipeline!(from_iter([1_u32]) | looked_up | tee(cloned | { sink }, { Full }))
        .with_factory(factory(&log).on_close(|db: Db| db.say("closing")))
        .run()
        .unwrap_err();
    assert!(error.to_string().ends_with("disk full"), "{error}");
    assert_eq!(*log.borrow(), ["db: opened", "db: item 1", "commit over", "db: closing", "db: dropped"]);
}

#[test]
fn it_is_closed_after_a_panic() {
    #[stage]
    fn burst(#[resource] db: &Db, _id: u32) -> u32 {
        db.say("bursting");
        panic!("burst")
    }
    let log = Log::default();
    let closing = factory(&log).on_close(|db: Db| db.say("closing"));
    let error = pipeline!(from_iter([1]) | burst | saved).with_factory(closing).run().unwrap_err();
    assert_eq!(error.to_string(), "stage `burst`: panicked: burst");
    assert_eq!(*log.borrow(), ["db: opened", "db: bursting", "db: closing", "db: dropped"]);
}

#[test]
fn an_error_of_closing_says_that_all_is_committed() {
    let log = Log::default();
    let closing = factory(&log).on_close(|_: Db| Err("connection lost"));
    let error = pipeline!(from_iter([1]) | saved).with_factory(closing).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run is complete, and what its sinks wrote is committed; then the resource `Db` could not be closed: \
         connection lost"
    );
    assert_eq!(error.unclosed().len(), 1);
    assert_eq!(error.report().unwrap().read(), 1);
}

#[test]
fn an_error_of_closing_does_not_hide_the_first() {
    let log = Log::default();
    let closing = factory(&log).on_close(|_: Db| -> Result<(), String> { panic!("gone") });
    let error = pipeline!(from_iter([13]) | looked_up | saved).with_factory(closing).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "stage `looked_up` at item 1 of from_iter: unlucky; then the resource `Db` could not be closed: panicked: gone"
    );
    assert_eq!(error.cause().to_string(), "unlucky");
    assert_eq!(error.unclosed()[0].resource(), "Db");
}

#[test]
fn one_that_is_still_held_cannot_be_closed() {
    #[stage]
    fn holding(#[resource] db: Arc<Db>, #[param] held: Rc<RefCell<Vec<Arc<Db>>>>, id: u32) -> u32 {
        held.borrow_mut().push(db);
        id
    }
    let held: Rc<RefCell<Vec<Arc<Db>>>> = Rc::default();
    let log = Log::default();
    let run = |factory: Factory<Db>| {
        pipeline!(from_iter([1]) | holding(held = Rc::clone(&held)) | discard()).with_factory(factory).run()
    };
    let error = run(factory(&log).on_close(|db: Db| db.say("closing"))).unwrap_err();
    assert!(error.to_string().contains("an `Arc` of it was kept beyond the run"), "{error}");
    run(factory(&log)).unwrap();
}

#[test]
fn they_close_in_reverse_order() {
    struct Cache(Arc<Db>);
    impl Drop for Cache {
        fn drop(&mut self) {
            self.0.say("cache dropped");
        }
    }
    #[stage]
    fn cached(#[resource] cache: &Cache, #[resource] _given: &Mutex<Db>, id: u32) -> u32 {
        cache.0.say("cached");
        id
    }
    let log = Log::default();
    let cache = Factory::from_resources(|resources: &Resources| {
        resources.get().map(|db: Arc<Db>| {
            db.say("cache opened");
            Cache(db)
        })
    });
    let given = db("given", &log);
    pipeline!(from_iter([1]) | cached | saved)
        .with(Mutex::new(given))
        .with_factory(cache)
        .with_factory(factory(&log).on_close(|db: Db| db.say("closing")))
        .run()
        .unwrap();
    let expected = [
        "given: opened",
        "db: opened",
        "db: cache opened",
        "db: cached",
        "db: saved 1",
        "db: cache dropped",
        "db: closing",
        "db: dropped",
        "given: dropped",
    ];
    assert_eq!(*log.borrow(), expected);
}

#[test]
fn resources_that_need_each_other_are_an_error() {
    struct A;
    struct B;
    #[sink]
    fn end(#[resource] _a: &A, _n: u32) {}
    let error = pipeline!(from_iter([1]) | end)
        .with_factory(Factory::from_resources(|resources: &Resources| resources.get::<B>().map(|_| A)))
        .with_factory(Factory::from_resources(|resources: &Resources| resources.get::<A>().map(|_| B)))
        .run()
        .unwrap_err();
    assert!(error.to_string().contains("the resource `A` needs `B`, which needs `A`"), "{error}");
}

#[test]
fn an_iterator_closes_at_its_end_and_when_it_is_dropped() {
    let log = Log::default();
    let closing = || factory(&log).on_close(|db: Db| db.say("closing"));
    let mut items = pipeline!(from_iter([1, 2]) | kept).with_factory(closing());
    assert_eq!((items.next(), items.next(), items.next()), (Some(1), Some(2), None));
    assert_eq!(log.borrow().last().unwrap(), "db: dropped");
    log.borrow_mut().clear();
    let mut items = pipeline!(from_iter([1, 2]) | kept).with_factory(closing());
    assert_eq!(items.next(), Some(1));
    drop(items);
    assert_eq!(*log.borrow(), ["db: opened", "db: 1 is number 1", "db: closing", "db: dropped"]);
    log.borrow_mut().clear();
    drop(pipeline!(from_iter([1, 2]) | saved).with(db("db", &log)));
    assert_eq!(*log.borrow(), ["db: opened", "db: dropped"]);
}

#[test]
fn an_iterator_says_what_could_not_be_closed() {
    let log = Log::default();
    let closing = factory(&log).on_close(|_: Db| Err("connection lost"));
    let mut items = pipeline!(from_iter([1]) | looked_up).with_factory(closing).try_iter();
    assert_eq!(items.next().unwrap().unwrap(), 1);
    let error = items.next().unwrap().unwrap_err();
    assert!(error.to_string().contains("could not be closed: connection lost"), "{error}");
    assert!(items.next().is_none());
}

#[test]
fn an_iterator_closes_when_its_consumer_panics() {
    let log = Log::default();
    let closing = || factory(&log).on_close(|db: Db| db.say("closing"));
    let by_fold = pipeline!(from_iter([1]) | kept).with_factory(closing());
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| by_fold.for_each(|n| assert!(n > 9, "enough"))));
    assert!(outcome.is_err());
    let by_next = pipeline!(from_iter([1]) | kept).with_factory(closing());
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for n in by_next {
            assert!(n > 9, "enough");
        }
    }));
    assert!(outcome.is_err());
    let once = ["db: opened", "db: 1 is number 1", "db: closing", "db: dropped"];
    assert_eq!(*log.borrow(), [once, once].concat());
}

#[test]
fn a_commit_that_is_given_up_holds_nothing_any_more() {
    struct Holds(Arc<Db>);
    impl Commit for Holds {
        fn sync(&mut self) -> Result<(), millstream::error::BoxError> {
            Ok(())
        }
        fn publish(&mut self) -> Result<(), millstream::error::BoxError> {
            Ok(())
        }
    }
    impl Drop for Holds {
        fn drop(&mut self) {
            self.0.say("given up");
        }
    }
    #[derive(Default)]
    struct Holding(Option<Arc<Db>>);
    #[sink]
    impl Sink<&u32> for Holding {
        type Output = ();
        fn connect(&mut self, resources: &Resources) -> Result<(), millstream::error::BoxError> {
            self.0 = Some(resources.get()?);
            Ok(())
        }
        fn write(&mut self, _: &u32) -> Result<Flow, Self::Error> {
            Ok(Flow::Continue(()))
        }
        fn close(self) -> Result<Closed<()>, Self::Error> {
            let commit = self.0.map(|db| Box::new(Holds(db)) as Box<dyn Commit>);
            Ok(Closed { output: (), commit })
        }
    }
    let log = Log::default();
    let mut items = pipeline!(from_iter([1_u32]) | tee(Holding) | fold(0, |sum, n| sum + n) | flat_map(|n| [n, n]))
        .with_factory(factory(&log).on_close(|db: Db| db.say("closing")));
    assert_eq!(items.next(), Some(1));
    drop(items);
    assert_eq!(*log.borrow(), ["db: opened", "db: given up", "db: closing", "db: dropped"]);
}

#[test]
fn an_iterator_that_panics_closes() {
    #[stage]
    fn burst(#[resource] db: &Db, _id: u32) -> u32 {
        db.say("bursting");
        panic!("burst")
    }
    let log = Log::default();
    let closing = factory(&log).on_close(|db: Db| db.say("closing"));
    let items = pipeline!(from_iter([1]) | burst).with_factory(closing);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| items.count()));
    assert!(outcome.is_err());
    assert_eq!(*log.borrow(), ["db: opened", "db: bursting", "db: closing", "db: dropped"]);
}

#[test]
fn a_reusable_stage_shares_it() {
    let log = Log::default();
    let inner = pipeline!(_ as u32 | looked_up | kept);
    pipeline!(from_iter([1]) | { inner } | saved)
        .with_factory(factory(&log).on_close(|db: Db| db.say("closing")))
        .run()
        .unwrap();
    assert_eq!(
        *log.borrow(),
        ["db: opened", "db: item 1", "db: 1 is number 1", "db: saved 1", "db: closing", "db: dropped"]
    );
}

#[allow(clippy::arc_with_non_send_sync, reason = "what a user might write")]
#[test]
fn what_nobody_asks_for_is_refused_before_anything_opens() {
    let log = Log::default();
    let run = |wrapped: &str| {
        let pipeline = pipeline!(from_iter([1]) | looked_up | saved).with(db("db", &log));
        let error = match wrapped {
            "Arc" => pipeline.with(Arc::new(db("fake", &log))).run(),
            "Box" => pipeline.with(Box::new(db("fake", &log))).run(),
            "Factory" => pipeline.with(factory(&log)).run(),
            _ => pipeline.with(7_u8).run(),
        };
        error.unwrap_err().to_string()
    };
    assert_eq!(run("u8"), "the resource `u8` was given, and no stage asks for it; remove it");
    for (wrapped, advice) in
        [("Arc", ".with_shared(arc)"), ("Box", "give what it points to"), ("Factory", ".with_factory(..)")]
    {
        let error = run(wrapped);
        assert!(error.starts_with(&format!("the resource `{wrapped}<Db>` was given")), "{error}");
        assert!(error.contains(advice), "{error}");
    }
    assert!(log.borrow().iter().all(|what| !what.contains("item")), "{log:?}");
}

#[test]
fn a_later_value_of_a_type_takes_the_place_of_an_earlier_one() {
    let log = Log::default();
    pipeline!(from_iter([1]) | saved).with(db("first", &log)).with(db("second", &log)).run().unwrap();
    assert_eq!(log.borrow()[2], "second: saved 1");
}

#[test]
fn an_iterator_refuses_it_too() {
    let log = Log::default();
    let mut items = pipeline!(from_iter([1]) | looked_up).with(db("db", &log)).with(7_u8).try_iter();
    assert!(items.next().unwrap().unwrap_err().to_string().starts_with("the resource `u8` was given"));
}

#[test]
fn a_trait_object_that_is_missing_says_how_it_is_given() {
    trait Clock {
        fn now(&self) -> u32;
    }
    #[stage]
    fn stamped(#[resource] clock: &dyn Clock, n: u32) -> u32 {
        clock.now() + n
    }
    let error = pipeline!(from_iter([1]) | stamped | collect()).run().unwrap_err().to_string();
    assert!(error.contains("`.with_shared(value as Arc<dyn "), "{error}");
}
