//! Signatures of stage functions: generic, borrowing, odd, in odd places.
#![deny(warnings, missing_docs)]

mod support;

use std::fmt::Debug;

use millstream::prelude::*;
use support::{drive, made};

#[stage]
fn ident<T>(x: T) -> T {
    x
}

#[stage]
fn changed<T: PartialEq + Clone>(#[state] last: &mut Option<T>, item: T) -> Option<T> {
    if last.as_ref() == Some(&item) {
        return None;
    }
    *last = Some(item.clone());
    Some(item)
}

#[stage]
fn wanted<T>(#[param] limit: T, item: &T) -> bool
where
    T: PartialOrd + Clone,
{
    *item > limit
}

#[stage]
fn lengths<T, const N: usize>(items: [T; N]) -> usize {
    let _ = items;
    N
}

#[stage]
fn ring<const N: usize>(#[state(init = [0; N])] last: &mut [u32; N], n: u32) -> u32 {
    last.rotate_left(1);
    last[N - 1] = n;
    last.iter().sum()
}

#[stage]
fn items_of<I: IntoIterator<Item = T>, T>(list: I) -> impl Iterator<Item = T> {
    list.into_iter()
}

#[stage(finish = all_sorted)]
fn sorted<T: Ord>(#[state(init = Vec::new())] items: &mut Vec<T>, item: T) {
    items.push(item);
}

#[finish]
fn all_sorted<T: Ord>(mut items: Vec<T>) -> impl Iterator<Item = T> {
    items.sort();
    items.into_iter()
}

#[test]
fn generics() {
    assert_eq!(drive(made!(ident), ["a"]), ["out \"a\""]);
    assert_eq!(drive(changed::builder().build().unwrap(), [1, 1, 2, 1]), ["out 1", "out 2", "out 1"]);
    assert_eq!(drive(wanted::__complete(wanted::builder().limit(1.5)).build().unwrap(), [1.0, 2.0]), ["out 2.0"]);
    assert_eq!(drive(made!(lengths), [[1, 2, 3]]), ["out 3"]);
    assert_eq!(drive(ring::<2>::builder().build().unwrap(), [1, 2, 3]), ["out 1", "out 3", "out 5"]);
    assert_eq!(drive(made!(items_of), [vec![1, 2], vec![3]]), ["out 1", "out 2", "out 3"]);
    assert_eq!(drive(sorted::builder().build().unwrap(), ["b", "a"]), ["last \"a\"", "last \"b\""]);
    const { assert!(size_of::<ident>() == 0) };
    const { assert!(size_of::<changed<u64>>() == size_of::<Option<u64>>()) };
}

const _: () = <wanted>::__check_limit(&"anything");

#[stage]
fn resolve<'k>(
    #[state(init = known)] table: &Vec<&'k str>,
    #[param] known: Vec<&'k str>,
    at: &usize,
) -> Option<&'k str> {
    table.get(*at).copied()
}

#[test]
fn what_a_stage_holds_may_borrow() {
    let names = ["a".to_owned(), "b".to_owned()];
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let stage = resolve::__complete(resolve::builder().known(known)).build().unwrap();
    assert_eq!(drive(stage, [1, 2]), ["out \"b\""]);
}

#[test]
fn stages_stand_anywhere() {
    #[stage]
    fn local(n: u8) -> u8 {
        n + 1
    }
    macro_rules! wrapped {
        ($name:ident, $item:ty, $out:ty, $body:expr) => {
            #[stage]
            fn $name(item: $item) -> $out {
                let f: fn($item) -> $out = $body;
                f(item)
            }
        };
    }
    wrapped!(first, &str, Option<char>, |text: &str| text.chars().next());
    wrapped!(item, u8, u8, |n| n);
    wrapped!(r#match, u8, Result<u8, String>, |n: u8| Ok(n));
    assert_eq!(drive(made!(local), [1]), ["out 2"]);
    assert_eq!(drive(made!(first), ["ab", ""]), ["out 'a'"]);
    assert_eq!(drive(made!(item), [1]), ["out 1"]);
    assert_eq!(drive(made!(r#match), [1]), ["out 1"]);
}

/// A crate that knows the runtime by another path.
mod renamed {
    use ::millstream as streams;

    #[streams::stage(crate = streams, finish = last_of)]
    pub(crate) fn last(#[state] last: &mut Option<u8>, item: u8) {
        *last = Some(item);
    }

    #[streams::finish(crate = streams)]
    pub(crate) fn last_of(last: Option<u8>) -> Option<u8> {
        last
    }
}

#[test]
fn the_runtime_may_have_another_path() {
    use renamed::last;
    assert_eq!(drive(made!(last), [1, 2]), ["last 2"]);
}

/// Signatures that are taken as they come.
mod unusual {
    use std::borrow::Cow;
    use std::collections::HashMap;
    use std::fmt::{Debug, Error};
    use std::time::Duration;

    use millstream::prelude::*;

    #[stage]
    pub(crate) fn first(items: &[u32]) -> Option<u32> {
        items.first().copied()
    }

    #[stage]
    pub(crate) fn shown(item: &(dyn Debug + Send)) -> String {
        format!("{item:?}")
    }

    #[stage]
    pub(crate) fn one_of<'a>(#[state] asked: &mut u32, items: &'a HashMap<&'a str, u32>) -> Option<&'a u32> {
        *asked += 1;
        items.get("a")
    }

    #[stage]
    pub(crate) fn called(f: Box<dyn Fn(&str) -> u32>) -> u32 {
        f("x")
    }

    #[stage]
    pub(crate) fn same_text(text: Cow<'_, str>) -> Cow<'_, str> {
        text
    }

    #[stage]
    pub(crate) fn as_text<T: ?Sized + AsRef<str>>(item: &T, #[param] from: usize) -> &str {
        &item.as_ref()[from..]
    }

    #[stage]
    pub(crate) fn a_result_is_an_item(item: Result<u8, String>) -> Vec<u8> {
        item.into_iter().collect()
    }

    #[stage]
    pub(crate) fn by<F: Fn(u32) -> u32 + Clone>(#[param] f: F, item: u32) -> u32 {
        f(item)
    }

    #[stage]
    pub(crate) const fn next(item: u32) -> u32 {
        item + 1
    }

    #[stage]
    pub(crate) fn waits(
        #[param(default = Duration::ZERO, range = ..Duration::MAX)] wait: Duration,
        item: Duration,
    ) -> Duration {
        wait + item
    }

    #[stage]
    pub(crate) fn unit((): ()) -> u8 {
        1
    }

    /// Every name that the generated code could use itself.
    #[stage]
    pub(crate) fn out(
        #[state] error: &mut u8,
        #[param(default = 1)] value: u8,
        #[param(default = 2)] params: u8,
        #[param(default = 3)] item: u8,
        out: u8,
    ) -> Result<u8, Error> {
        *error += 1;
        error.checked_add(value + params + item + out).ok_or(Error)
    }
}

#[test]
fn unusual_signatures() {
    use unusual::{a_result_is_an_item, as_text, by, called, first, next, one_of, out, same_text, shown, unit, waits};
    assert_eq!(drive(made!(first), [&[1, 2][..], &[]]), ["out 1"]);
    assert_eq!(drive(made!(shown), [&1 as &(dyn Debug + Send)]), ["out \"1\""]);
    let map = std::collections::HashMap::from([("a", 1)]);
    assert_eq!(drive(made!(one_of), [&map]), ["out 1"]);
    assert!(called::builder().build().is_ok());
    assert_eq!(drive(made!(same_text), [std::borrow::Cow::Borrowed("a")]), ["out \"a\""]);
    assert_eq!(drive(made!(as_text.from(1)), ["abc"]), ["out \"bc\""]);
    assert_eq!(drive(made!(a_result_is_an_item), [Ok(1)]), ["out [1]"]);
    assert_eq!(drive(by::builder().f(|n| n * 3).build().unwrap(), [2]), ["out 6"]);
    assert_eq!(drive(made!(next), [1]), ["out 2"]);
    assert_eq!(drive(made!(waits), [std::time::Duration::from_secs(1)]), ["out 1s"]);
    assert_eq!(drive(made!(unit), [()]), ["out 1"]);
    assert_eq!(drive(made!(out), [0, 0]), ["out 7", "out 8"]);
}
