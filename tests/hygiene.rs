//! `pipeline!` in hostile surroundings: nothing of the prelude means what it usually means, and nothing is imported.
//!
//! (`stage_hygiene` and `record_hygiene` do the same for the attributes.)
#![deny(warnings, missing_docs, clippy::pedantic)]
#![allow(dead_code, non_camel_case_types, non_snake_case, unused_macros, reason = "names that exist to be in the way")]

/// A scope where no name of the prelude is left.
mod shadowed {
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Vec;
    pub(crate) struct String;
    pub(crate) struct Box;
    pub(crate) trait Iterator {}
    pub(crate) trait IntoIterator {}
    pub(crate) trait Clone {}
    pub(crate) trait Default {}
    pub(crate) trait From {}
    pub(crate) trait Into {}
    pub(crate) trait Fn {}
    pub(crate) trait FnMut {}
    pub(crate) trait FnOnce {}
    pub(crate) trait Drop {}
    pub(crate) fn drop() {}
    pub(crate) fn Some() {}
    pub(crate) fn None() {}
    pub(crate) fn Ok() {}
    pub(crate) fn Err() {}
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod alloc {}
    pub(crate) mod serde {}
    pub(crate) struct u64;
    pub(crate) struct u32;
    pub(crate) struct usize;
    pub(crate) struct str;
    macro_rules! matches {
        () => {};
    }
    macro_rules! panic {
        () => {};
    }
    macro_rules! vec {
        () => {};
    }

    type Number = ::core::primitive::u32;

    #[::millstream::stage]
    fn double(n: Number) -> Number {
        n * 2
    }

    #[::millstream::stage]
    fn halved(n: Number) -> ::core::result::Result<Number, ::std::fmt::Error> {
        if n.is_multiple_of(2) {
            ::core::result::Result::Ok(n / 2)
        } else {
            ::core::result::Result::Err(::std::fmt::Error)
        }
    }

    #[::millstream::stage(finish = all)]
    fn sum(#[state] total: &mut Number, #[param(default = 1, range = 1..)] times: Number, n: &Number) {
        *total += n * times;
    }

    #[::millstream::finish]
    fn all(total: Number) -> ::core::option::Option<Number> {
        ::core::option::Option::Some(total)
    }

    #[test]
    fn pipelines_name_nothing_of_the_prelude() {
        let letters = ::tempfile::tempdir().unwrap();
        let letters = letters.path().join("letters.jsonl");
        let report = ::millstream::pipeline!(
            from_iter(0..8 as Number)
                | double
                | halved.or_skip()
                | halved.or_dead_letter(&letters)
                | map(|n| n + 1)
                | filter(|n| *n > 0)
                | filter_map(::core::option::Option::Some)
                | flat_map(|n| [n, n])
                | try_map(::core::result::Result::<Number, ::std::fmt::Error>::Ok)
                | take(100)
                | skip(0)
                | take_while(|n| *n < 100)
                | scan(0, |last, n| ::core::option::Option::Some(::core::mem::replace(last, n)))
                | unique(max = 100)
                | dedup(|n| *n)
                | chunks(2)
                | flatten
                | tee(
                    sum(times = 2).keyed(|n| **n % 2) | collect(),
                    cloned | fold(0, |a, b| a + b) | collect(),
                    aggregate(count(), sum(|n| n), max(|n| **n), quantile(0.5, |n| n), top_k(1, |n| n)) | discard(),
                    aggregate(mean(|n| *n)).keyed(|n| **n % 2) | discard(),
                    route(when(|n| **n > 2, discard()), otherwise(for_each(|_| ())))
                )
                | route(when(|n| *n > 2, double), otherwise(map(|n| n)))
                | collect()
        )
        .run();
        let report = match report {
            ::core::result::Result::Ok(report) => report,
            ::core::result::Result::Err(error) => ::std::panic!("{error}"),
        };
        ::core::assert_eq!(
            report.output,
            (::std::vec![12, 8], ::std::vec![10], (), (), ((), ()), ::std::vec![0, 1, 2, 6, 8])
        );
        ::core::assert!(report.check().is_ok());
        let mut items = ::millstream::pipeline!(from_iter(0..3 as Number) | double);
        let last = ::core::iter::Iterator::last(&mut items);
        ::core::assert_eq!(last, ::core::option::Option::Some(4));
    }

    #[test]
    fn pipelines_of_several_sources_name_nothing_of_the_prelude() {
        let letters = ::tempfile::tempdir().unwrap();
        let letters = letters.path().join("letters.jsonl");
        let report = ::millstream::pipeline!(
            chain(
                merge(from_iter(0..3 as Number) | take(2), from_iter(5..7 as Number) | halved.or_dead_letter(&letters)),
                from_iter([7 as Number]) | sum.keyed(|n| *n, max = 5)
            ) | zip(chain(from_iter(0..1), from_iter(2..9) | chunks(3) | flatten))
                | join(from_iter(0..3 as Number), on = (|pair| pair.0, |n| *n), kind = left, max = 9)
                | map(|(pair, row)| (pair, row.copied()))
                | join(from_iter(0..9), on = (|pair| pair.0.1, |n| *n))
                | map(|(pair, _)| pair)
                | collect()
        )
        .run();
        let report = match report {
            ::core::result::Result::Ok(report) => report,
            ::core::result::Result::Err(error) => ::std::panic!("{error}"),
        };
        let (some, none) = (::core::option::Option::Some, ::core::option::Option::None);
        ::core::assert_eq!(report.output, [((0, 0), some(0)), ((3, 2), none), ((1, 3), some(1)), ((7, 4), none)]);
        ::core::assert!(report.check().is_ok());
        let mut items = ::millstream::pipeline!(merge(from_iter(0..3 as Number), from_iter(5..7 as Number)) | double);
        let last = ::core::iter::Iterator::last(&mut items);
        ::core::assert_eq!(last, ::core::option::Option::Some(4));
    }
}

use millstream::pipeline;

#[millstream::stage]
fn r#match(#[param(default = 1)] r#type: u32, r#in: u32) -> u32 {
    r#in * r#type
}

#[millstream::stage]
fn counted(#[state] state: &mut u32, n: u32) -> u32 {
    *state += 1;
    n + *state
}

#[derive(Clone, Debug, PartialEq)]
struct Raw {
    r#type: u32,
    r#fn: Inner,
}

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    r#mod: u32,
}

fn raws() -> [Raw; 3] {
    [1, 2, 1].map(|n| Raw { r#type: n, r#fn: Inner { r#mod: n } })
}

#[test]
fn raw_identifiers_are_names() -> millstream::Result<()> {
    let report = pipeline!(from_iter(1..=2) | r#match(r#type = 3) | r#match | collect()).run()?;
    assert_eq!(report.output, [3, 6]);
    let r#loop = |n: u32| n + 1;
    let items: Vec<u32> = pipeline!(from_iter(1..=2) | map(r#loop) | map(|r#if| r#if * 2)).collect();
    assert_eq!(items, [4, 6]);
    assert_eq!(pipeline!(from_iter(raws()) | take(1).keyed(r#type)).count(), 2);
    assert_eq!(pipeline!(from_iter(raws()) | take(1).keyed(r#fn.r#mod)).count(), 2);
    assert_eq!(pipeline!(from_iter(raws()) | take(1).keyed((r#type, r#fn.r#mod))).count(), 2);
    Ok(())
}

/// The names that generated code might use, were it careless.
#[test]
fn the_variables_of_the_user_are_theirs() -> millstream::Result<()> {
    let (x, run, at, state, item, out, source, flow, count, slot, signal) = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    let report = pipeline!(
        from_iter([x, run, at])
            | map(|n| n + x + run + at + state + item + out + source + flow + count + slot + signal)
            | tee(map(|x| x + run) | collect())
            | filter(|x| *x > run)
            | counted
            | collect()
    )
    .run()?;
    assert_eq!(report.output, (vec![69, 70, 71], vec![68, 70, 72]));
    Ok(())
}

macro_rules! doubled {
    ($source:expr, $stage:ident, $by:expr, $ty:ty, $field:ident, $closure:expr) => {
        pipeline!(
            from_iter($source)
                | $stage(r#type = $by)
                | map(|n: $ty| n)
                | map($closure)
                | map(|n| One { $field: n })
                | take(2).keyed($field)
                | collect()
        )
    };
}

#[derive(Debug, PartialEq)]
struct One {
    n: u32,
}

macro_rules! chained {
    ($($stage:tt)|+) => {
        pipeline!(from_iter(1..=3_u32) $(| $stage)+ | collect())
    };
}

macro_rules! whole {
    ($chain:expr) => {
        pipeline!($chain)
    };
}

macro_rules! made {
    ($name:ident, $ty:ty, $limit:expr) => {
        #[millstream::stage]
        fn $name(#[param(default = $limit, range = 0..=$limit)] most: $ty, n: $ty) -> $ty {
            n.min(most)
        }
    };
}

made!(at_most, u32, 2);

#[test]
fn fragments_of_macros_are_what_they_were() -> millstream::Result<()> {
    let report = doubled!(1..=3, r#match, 1 + 1, u32, n, |n| n + 1).run()?;
    assert_eq!(report.output, [One { n: 3 }, One { n: 5 }, One { n: 7 }]);
    let report = chained!(counted | (at_most) | dedup).run()?;
    assert_eq!(report.output, [2]);
    let items: Vec<u32> = whole!(from_iter(1..=3_u32) | at_most(most = 1) | counted).collect();
    assert_eq!(items, [2, 3, 4]);
    Ok(())
}

#[test]
fn items_in_function_bodies_are_found() -> millstream::Result<()> {
    #[millstream::stage]
    fn local(#[param(default = 2, range = 1..5)] by: u32, n: u32) -> u32 {
        n * by
    }
    #[derive(serde::Serialize)]
    struct Local {
        n: u32,
    }
    let report =
        pipeline!(from_iter(1..=2) | local(by = 3) | map(|n| Local { n }) | map(|local| local.n) | collect()).run()?;
    assert_eq!(report.output, [3, 6]);
    {
        #[millstream::stage]
        fn local(n: u32) -> u32 {
            n
        }
        assert_eq!(pipeline!(from_iter(1..=2) | local).sum::<u32>(), 3);
    }
    Ok(())
}

/// A user's own stages may have the names of words, by their path.
mod named_as_words {
    #[millstream::stage]
    pub(crate) fn take(n: u32) -> u32 {
        n + 100
    }

    #[millstream::stage]
    pub(crate) fn window(n: u32) -> u32 {
        n + 1
    }
}

#[test]
fn stages_named_as_words_are_written_by_their_path() {
    let items: Vec<u32> = pipeline!(from_iter(1..=2) | named_as_words::take | self::named_as_words::window).collect();
    assert_eq!(items, [102, 103]);
}

#[test]
fn pipelines_stand_in_async_functions() {
    async fn sum(by: u32) -> u32 {
        let by = std::future::ready(by).await;
        let sum = pipeline!(from_iter(1..=3) | map(|n| n * by) | counted).sum();
        std::future::ready(sum).await
    }
    let mut future = std::pin::pin!(sum(2));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(future.as_mut().poll(&mut context), std::task::Poll::Ready(18));
}

#[test]
fn a_question_mark_behind_a_pipeline_is_the_functions() {
    fn total(texts: &[&str]) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        let report = pipeline!(from_iter(texts) | try_map(|text| text.parse::<u32>()) | collect()).run()?;
        Ok(report.output.iter().sum())
    }
    assert_eq!(total(&["1", "2"]).ok(), Some(3));
    assert!(total(&["x"]).unwrap_err().to_string().starts_with("stage `try_map` at item 1"));
}

/// A pipeline leaves its surroundings as they were: it neither returns from them nor breaks out of them.
#[test]
fn loops_around_a_pipeline_go_on() {
    let mut rounds = 0;
    let found = 'outer: loop {
        rounds += 1;
        for item in pipeline!(from_iter(0..5) | take(3) | filter(|n| n % 2 == 1)) {
            if rounds == 2 {
                break 'outer item;
            }
        }
    };
    assert_eq!((rounds, found), (2, 1));
}
