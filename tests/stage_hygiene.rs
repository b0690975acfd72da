//! Stages in a module that means other things by every name of the prelude, under every lint.
#![deny(warnings, missing_docs, missing_debug_implementations, missing_copy_implementations)]
#![deny(unreachable_pub, unused_qualifications, unused_lifetimes, single_use_lifetimes, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic)]

/// Everything is another thing here.
mod shadowed {
    #![allow(dead_code)]

    use ::millstream::{finish, stage};

    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Stage;
    pub(crate) struct Params;
    pub(crate) struct Builder;
    pub(crate) trait Clone {}
    pub(crate) trait Default {}
    pub(crate) trait Into {}
    pub(crate) trait From {}
    pub(crate) trait FnMut {}
    pub(crate) trait Iterator {}
    pub(crate) trait IntoIterator {}
    pub(crate) trait Send {}
    pub(crate) trait Sized {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod millstream {}

    /// Keeps what is large enough.
    #[stage]
    pub(crate) fn large(
        /// The least.
        #[param(default = 3, range = 1..=9)]
        least: u32,
        #[state] seen: &mut u32,
        item: &u32,
    ) -> bool {
        *seen += 1;
        *item >= least
    }

    /// Adds up.
    #[stage(finish = total_of)]
    pub(crate) fn total(#[state(init = start)] sum: &mut u32, #[param] start: u32, item: u32) {
        *sum += item;
    }

    /// The total.
    #[finish]
    pub(crate) fn total_of(sum: u32, #[param] start: u32) -> ::std::option::Option<u32> {
        (sum > start).then_some(sum)
    }

    /// May fail.
    #[stage]
    pub(crate) fn checked(item: u32) -> ::std::result::Result<u32, ::std::fmt::Error> {
        item.checked_sub(1).ok_or(::std::fmt::Error)
    }

    /// Uses up.
    #[stage]
    pub(crate) fn out(item: u32) {
        assert!(item > 0);
    }

    /// Raw names everywhere.
    #[stage]
    pub(crate) fn r#match(#[state] r#mut: &mut u32, #[param(default = 1)] r#type: u32, r#in: u32) -> u32 {
        *r#mut += r#type;
        *r#mut + r#in
    }
}

/// Public stages are documented.
pub mod open {
    use millstream::stage;

    /// Doubles.
    #[stage]
    #[must_use]
    pub fn double(item: u32) -> u32 {
        item * 2
    }

    /// Of every kind.
    #[stage]
    pub fn held<T: Clone + Default, const N: usize>(
        #[state(init = std::array::from_fn(|_| T::default()))] last: &mut [T; N],
        /// Which.
        #[param(default = 0)]
        at: usize,
        item: &T,
    ) -> Option<T> {
        let before = last.get(at).cloned();
        if let Some(last) = last.get_mut(at) {
            last.clone_from(item);
        }
        before
    }
}

use millstream::stage::{Flow, Stage};

fn only<S: Stage<u32>>(stage: &mut S, item: u32) -> Option<S::Out> {
    let mut only = None;
    let flow = stage.process(item, |out| {
        only = Some(out);
        Flow::Continue(())
    });
    flow.ok().and(only)
}

#[test]
fn shadowed_names_change_nothing() {
    let mut stage = shadowed::large::builder().least(2).build().unwrap();
    assert_eq!((only(&mut stage, 1), only(&mut stage, 2)), (None, Some(2)));
    let mut stage = shadowed::checked::builder().build().unwrap();
    assert_eq!((only(&mut stage, 1), only(&mut stage, 0)), (Some(0), None));
    let mut stage = shadowed::r#match::builder().r#type(5).build().unwrap();
    assert_eq!((only(&mut stage, 1), only(&mut stage, 1)), (Some(6), Some(11)));
    let mut stage = shadowed::total::builder().start(7).build().unwrap();
    assert_eq!(only(&mut stage, 1), None);
    assert_eq!(shadowed::total_of(8, 7), Some(8));
    shadowed::out(1);
}

#[test]
fn public_stages_are_usable_from_outside() {
    use open::{double, held};
    assert_eq!(only(&mut double::builder().build().unwrap(), 4), Some(double(4)));
    let mut stage = held::<u32, 2>::builder().at(1).build().unwrap();
    assert_eq!((only(&mut stage, 4), only(&mut stage, 5)), (Some(0), Some(4)));
}
