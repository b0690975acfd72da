//! `#[resource]` on a function: the factory of its type, found when nothing of that type was given.

use std::cell::RefCell;
use std::sync::Arc;

use millstream::prelude::*;

mod registered {
    use super::{Arc, RefCell, pipeline, resource, sized};

    pub(super) struct Settings {
        pub(super) size: u32,
    }

    thread_local!(pub(super) static CLOSED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });

    /// Found by whoever asks for settings.
    #[resource(close = put_away)]
    fn settings(#[param(default = 5, range = 1..)] size: u32) -> Result<Settings, String> {
        Ok(Settings { size })
    }

    fn put_away(Settings { size }: Settings) {
        CLOSED.with_borrow_mut(|closed| closed.push(size));
    }

    pub(super) struct Client(pub(super) u32);

    #[resource]
    fn client(#[resource] settings: &Settings) -> Client {
        Client(settings.size + 1)
    }

    pub(super) struct Twice;

    #[resource]
    fn first() -> Twice {
        Twice
    }

    #[resource]
    fn second() -> Twice {
        Twice
    }

    pub(super) trait Greets {
        fn greeting(&self) -> String;
    }

    impl Greets for &'static str {
        fn greeting(&self) -> String {
            (*self).to_owned()
        }
    }

    #[resource]
    fn greets() -> Arc<dyn Greets> {
        Arc::new("hello")
    }

    #[test]
    fn the_function_stays_callable() {
        assert_eq!(settings(3).unwrap().size, 3);
        assert_eq!(client(&Settings { size: 3 }).0, 4);
    }

    #[test]
    fn a_factory_can_be_given_with_other_parameters() {
        let own = settings::builder().size(20).build().unwrap();
        assert_eq!(pipeline!(from_iter([1]) | sized).with_factory(own).collect::<Vec<_>>(), [20]);
        assert_eq!(CLOSED.take(), [20]);
        let error = settings::builder().size(0).build().unwrap_err();
        assert_eq!(error.to_string(), "`size` of `settings` must be in 1.., got 0");
    }
}

#[stage]
fn sized(#[resource] settings: &registered::Settings, n: u32) -> u32 {
    settings.size * n
}

#[stage]
fn called(#[resource] client: &registered::Client, n: u32) -> u32 {
    client.0 * n
}

#[test]
fn a_registered_factory_is_used_when_nothing_was_given() {
    assert_eq!(pipeline!(from_iter([1, 2]) | sized).collect::<Vec<_>>(), [5, 10]);
    assert_eq!(registered::CLOSED.take(), [5]);
    assert_eq!(pipeline!(from_iter([1, 2]) | called).collect::<Vec<_>>(), [6, 12]);
    assert_eq!(registered::CLOSED.take(), [5]);
}

#[test]
fn a_fake_takes_its_place() {
    let fake = registered::Settings { size: 100 };
    assert_eq!(pipeline!(from_iter([1]) | called).with(fake).collect::<Vec<_>>(), [101]);
    assert!(registered::CLOSED.take().is_empty());
}

#[test]
fn a_registered_factory_of_a_trait_object() {
    #[stage]
    fn greeted(#[resource] greets: &dyn registered::Greets, _n: u32) -> String {
        greets.greeting()
    }
    assert_eq!(pipeline!(from_iter([1]) | greeted).collect::<Vec<_>>(), ["hello"]);
}

#[test]
fn two_registered_factories_of_one_type_are_an_error() {
    #[sink]
    fn end(#[resource] _twice: &registered::Twice, _n: u32) {}
    let error = pipeline!(from_iter([1]) | end).run().unwrap_err().to_string();
    assert!(error.starts_with("stage `end`: it needs a `Twice`, and `"), "{error}");
    assert!(
        error.contains("`first` (tests/resource_registered.rs:")
            && error.contains("`second` (tests/resource_registered.rs:"),
        "{error}"
    );
    pipeline!(from_iter([1]) | end).with(registered::Twice).run().unwrap();
}
