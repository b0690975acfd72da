//! Sources, sinks and resources in a module that means other things by every name of the prelude, under every lint, in a
//! crate without `unsafe`.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, missing_copy_implementations)]
#![deny(unreachable_pub, unused_qualifications, unused_lifetimes, single_use_lifetimes, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic)]

use std::sync::{Arc, Mutex};

/// Everything is another thing here.
mod shadowed {
    #![allow(dead_code)]

    use ::millstream::{resource, sink, source};

    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct Arc;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Source;
    pub(crate) struct Sink;
    pub(crate) struct Resources;
    pub(crate) struct Factory;
    pub(crate) trait Clone {}
    pub(crate) trait Default {}
    pub(crate) trait Into {}
    pub(crate) trait From {}
    pub(crate) trait FnMut {}
    pub(crate) trait FnOnce {}
    pub(crate) trait Iterator {}
    pub(crate) trait IntoIterator {}
    pub(crate) trait Send {}
    pub(crate) trait Sized {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod millstream {}
    pub(crate) mod inventory {}

    pub(crate) type Log = ::std::sync::Mutex<::std::vec::Vec<u32>>;

    /// Counts.
    #[source]
    pub(crate) fn numbers(
        #[param(default = 3, range = 1..=9)] count: u32,
        #[resource] plus: ::std::sync::Arc<Plus>,
    ) -> impl ::std::iter::Iterator<Item = u32> {
        (0..count).map(move |n| n + plus.by)
    }

    /// May fail, everywhere.
    #[source]
    pub(crate) fn checked<T: ::std::clone::Clone>(
        #[param] value: T,
    ) -> ::std::result::Result<
        impl ::std::iter::Iterator<Item = ::std::result::Result<T, ::std::fmt::Error>>,
        ::std::fmt::Error,
    > {
        ::std::result::Result::Ok(::std::iter::once(::std::result::Result::Ok(value)))
    }

    /// Counts down.
    #[source]
    pub(crate) fn down(
        #[state(init = r#type)] r#in: &mut u32,
        #[param(default = 2)] r#type: u32,
        #[resource] r#mod: &Plus,
    ) -> ::std::result::Result<::std::option::Option<u32>, ::std::fmt::Error> {
        let next = r#in.checked_sub(r#mod.by);
        *r#in = next.unwrap_or_default();
        ::std::result::Result::Ok(next)
    }

    /// Keeps.
    #[sink]
    pub(crate) fn keep(#[resource] log: &Log, n: &u32) -> ::std::result::Result<(), ::std::fmt::Error> {
        log.lock().map_err(|_| ::std::fmt::Error)?.push(*n);
        ::std::result::Result::Ok(())
    }

    /// How much.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Plus {
        pub(crate) by: u32,
    }

    #[resource(close = put_away)]
    fn plus(#[param(default = 1)] by: u32) -> ::std::result::Result<Plus, ::std::fmt::Error> {
        ::std::result::Result::Ok(Plus { by })
    }

    fn put_away(plus: Plus) -> ::std::result::Result<(), ::std::fmt::Error> {
        if plus.by > 0 { ::std::result::Result::Ok(()) } else { ::std::result::Result::Err(::std::fmt::Error) }
    }
}

/// Public ends are documented.
pub mod open {
    use millstream::{sink, source};

    /// Repeats.
    #[source]
    pub fn repeated<T: Clone>(
        /// What.
        #[param]
        what: T,
        /// How often.
        #[param(default = 2)]
        times: usize,
    ) -> impl Iterator<Item = T> {
        std::iter::repeat_n(what, times)
    }

    /// Forgets.
    #[sink]
    pub fn forget<T>(#[param(default = 0)] least: usize, item: T) {
        let _ = (least, item);
    }
}

use millstream::pipeline;

#[test]
fn shadowed_names_change_nothing() {
    use shadowed::{checked, down, keep, numbers};
    let log = Arc::new(Mutex::new(Vec::<u32>::new()));
    pipeline!(numbers(count = 2) | keep).with_shared(Arc::clone(&log)).run().unwrap();
    pipeline!(checked(value = 7_u32) | keep).with_shared(Arc::clone(&log)).run().unwrap();
    pipeline!(down | keep).with_shared(Arc::clone(&log)).run().unwrap();
    assert_eq!(*log.lock().unwrap(), [1, 2, 7, 1, 0]);
}

#[test]
fn public_ends_are_usable_from_outside() {
    use open::{forget, repeated};
    let report = pipeline!(repeated(what = "x") | forget).run().unwrap();
    assert_eq!(report.read(), 2);
}

mod renamed {
    use ::millstream as other;
    use other::{resource, sink, source};

    #[source(crate = other)]
    fn one() -> Option<u32> {
        None
    }

    #[sink(crate = other)]
    fn end(#[resource] _unit: &Unit, _n: u32) {}

    struct Unit;

    #[resource(crate = other)]
    fn unit() -> Unit {
        Unit
    }

    #[test]
    fn the_crate_may_have_another_name() {
        let report = other::pipeline!(one | end).run().unwrap();
        assert_eq!(report.read(), 0);
    }
}
