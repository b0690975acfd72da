//! Aggregates against exact arithmetic, and in parts against the whole.

#![allow(clippy::float_cmp, reason = "where a result is exact, it is to be that number")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the numbers of a test are small")]
#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "ranks are not negative, and counts small")]

use std::collections::HashMap;
use std::fmt::Debug;

use millstream_core::aggregate::{
    Aggregate, AggregateError, AggregateOf, Count, Max, Mean, Min, Quantile, Std, Sum, Top, TopK,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An exact sum of floats: an integer in units of 2⁻¹⁰⁷⁴, in digits of 32 bits with room for carries.
#[derive(Clone)]
struct Exact([i64; 70]);

impl Exact {
    fn of<'x>(values: impl IntoIterator<Item = &'x f64>) -> Self {
        let mut sum = Exact([0; 70]);
        values.into_iter().for_each(|x| sum.add(*x, 1));
        sum
    }

    fn add(&mut self, x: f64, times: i64) {
        let (bits, sign) = (x.to_bits(), if x < 0.0 { -times } else { times });
        let exponent = (bits >> 52 & 0x7ff) as usize;
        let digits = (bits & ((1 << 52) - 1)) | u64::from(exponent > 0) << 52;
        let shift = exponent.max(1) - 1;
        let wide = u128::from(digits) << (shift % 32);
        for at in 0..3 {
            self.0[shift / 32 + at] += sign * (wide >> (32 * at) & 0xffff_ffff) as i64;
        }
    }

    fn carried(mut self) -> Self {
        for at in 0..69 {
            let carry = self.0[at] >> 32;
            self.0[at] -= carry << 32;
            self.0[at + 1] += carry;
        }
        self
    }

    /// How far it is from `times` times this float.
    fn distance(&self, x: f64, times: i64) -> f64 {
        let mut rest = self.clone();
        rest.add(x, -times);
        let mut rest = rest.carried();
        if rest.0[69] < 0 {
            rest.0.iter_mut().for_each(|digit| *digit = -*digit);
            rest = rest.carried();
        }
        let digits = rest.0.iter().enumerate();
        digits
            .map(|(at, digit)| *digit as f64 * 2_f64.powi(16 * at as i32 - 537) * 2_f64.powi(16 * at as i32 - 537))
            .sum()
    }
}

/// What the errors of the errors come to, at most.
fn slack(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let scaled: f64 = values.iter().map(|x| x.abs() / 1024.0).sum();
    scaled * (n * f64::EPSILON).powi(3) * 1024.0
}

/// Hostile floats: tiny beside huge, far from zero and near to each other, and plain ones.
fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        -1e3..1e3,
        (-1e-3..1e-3).prop_map(|x: f64| 1e9 + x),
        (-300_i32..300, -9.0..9.0).prop_map(|(e, x): (i32, f64)| x * 10_f64.powi(e)),
        Just(1e100),
        Just(-1e100),
        Just(0.0),
    ]
}

/// Adds values in two parts and merges; also stores and restores the state on the way.
fn in_parts<A, T>(empty: &A, values: &[T], at: usize) -> A
where
    A: AggregateOf<T> + Clone + Serialize + DeserializeOwned,
    T: Clone,
{
    let (left, right) = values.split_at(at);
    let (mut a, mut b) = (empty.clone(), empty.clone());
    left.iter().cloned().for_each(|x| a.add(x));
    right.iter().cloned().for_each(|x| b.add(x));
    a.merge(stored(&b));
    a
}

fn whole<A: AggregateOf<T> + Clone, T: Clone>(empty: &A, values: &[T]) -> A {
    let mut all = empty.clone();
    values.iter().cloned().for_each(|x| all.add(x));
    all
}

/// All values, with the state stored and restored in the middle.
fn interrupted<A, T>(empty: &A, values: &[T], at: usize) -> A
where
    A: AggregateOf<T> + Clone + Serialize + DeserializeOwned,
    T: Clone,
{
    let (left, right) = values.split_at(at);
    let mut all = stored(&whole(empty, left));
    right.iter().cloned().for_each(|x| all.add(x));
    all
}

fn stored<A: Serialize + DeserializeOwned>(state: &A) -> A {
    let text = serde_json::to_string(state).expect("it can be stored");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Whether parts, and an interrupted whole, come to exactly the same.
fn exactly_the_same<A, T>(empty: &A, values: &[T], at: usize) -> Result<(), TestCaseError>
where
    A: AggregateOf<T, Output: PartialEq + Debug> + Clone + Serialize + DeserializeOwned,
    T: Clone,
{
    let all = whole(empty, values).value();
    prop_assert_eq!(&in_parts(empty, values, at).value(), &all, "in parts");
    prop_assert_eq!(&interrupted(empty, values, at).value(), &all, "interrupted");
    Ok(())
}

/// Values, and where they are split.
fn split<T: Debug>(values: impl Strategy<Value = T>, most: usize) -> impl Strategy<Value = (Vec<T>, usize)> {
    (prop::collection::vec(values, 0..most), any::<prop::sample::Index>()).prop_map(|(values, index)| {
        let at = index.index(values.len() + 1);
        (values, at)
    })
}

/// How often each key came.
fn counted(keys: &[String]) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(key.clone()).or_default() += 1;
    }
    counts
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-c]", 1 => "[a-z]{2}"]
}

proptest! {
    #[test]
    fn sums_of_floats_are_right_to_the_last_bit((values, at) in split(hostile(), 60)) {
        let exact = Exact::of(&values);
        let all = whole(&Sum::default(), &values);
        for sum in [all.value(), in_parts(&Sum::default(), &values, at).value()] {
            let bound = f64::EPSILON * sum.abs() + slack(&values);
            prop_assert!(exact.distance(sum, 1) <= bound, "{sum} is off by {}", exact.distance(sum, 1));
        }
        prop_assert_eq!(interrupted(&Sum::default(), &values, at).value(), all.value());
    }

    #[test]
    fn means_of_floats_are_right_to_the_last_bit((values, at) in split(hostile(), 60)) {
        let exact = Exact::of(&values);
        let n = values.len() as i64;
        let all = whole(&Mean::default(), &values);
        prop_assert_eq!(all.value().is_none(), values.is_empty());
        for mean in [all.value(), in_parts(&Mean::default(), &values, at).value()].into_iter().flatten() {
            let bound = n as f64 * f64::EPSILON * mean.abs() + slack(&values);
            prop_assert!(exact.distance(mean, n) <= bound, "{mean} is off by {}", exact.distance(mean, n));
        }
        prop_assert_eq!(interrupted(&Mean::default(), &values, at).value(), all.value());
    }

    #[test]
    fn equal_values_have_themselves_as_their_mean(x in hostile(), n in 1_usize..50) {
        prop_assert_eq!(whole(&Mean::default(), &vec![x; n]).value(), Some(x));
    }

    #[test]
    fn deviations_far_from_zero_are_right((offsets, at) in split(-1000_i64..1000, 60)) {
        // Exact as floats, and their variance as a fraction of integers.
        let values: Vec<f64> = offsets.iter().map(|k| 1e9 + *k as f64 / 1024.0).collect();
        let (n, sum) = (offsets.len() as i128, i128::from(offsets.iter().sum::<i64>()));
        let squares: i128 = offsets.iter().map(|k| i128::from(k * k)).sum();
        let all = whole(&Std::default(), &values);
        prop_assert_eq!(interrupted(&Std::default(), &values, at).value(), all.value());
        prop_assert_eq!(all.value().is_none(), n < 2);
        for std in [all.value(), in_parts(&Std::default(), &values, at).value()].into_iter().flatten() {
            let exact = ((n * squares - sum * sum) as f64 / (n * (n - 1)) as f64).sqrt() / 1024.0;
            prop_assert!((std - exact).abs() <= 1e-6 * exact, "{std} of {exact}");
        }
    }

    #[test]
    fn integers_are_exact((values, at) in split(any::<i32>(), 60)) {
        exactly_the_same(&Sum::default(), &values, at)?;
        exactly_the_same(&Mean::default(), &values, at)?;
        prop_assert_eq!(whole(&Sum::default(), &values).value(), values.iter().map(|x| i64::from(*x)).sum::<i64>());
    }

    #[test]
    fn means_of_large_integers_do_not_overflow((values, at) in split(any::<u64>(), 60)) {
        exactly_the_same(&Mean::default(), &values, at)?;
        let sum: u128 = values.iter().copied().map(u128::from).sum();
        let mean = whole(&Mean::default(), &values).value();
        let exact = (!values.is_empty()).then(|| sum as f64 / values.len() as f64);
        prop_assert!(mean.zip(exact).is_none_or(|(a, b)| (a - b).abs() <= 4.0 * f64::EPSILON * b));
    }

    #[test]
    fn counts_and_extremes_are_exact((values, at) in split(hostile(), 60)) {
        exactly_the_same(&Count::default(), &values, at)?;
        exactly_the_same(&Min::default(), &values, at)?;
        exactly_the_same(&Max::default(), &values, at)?;
        prop_assert_eq!(whole(&Count::default(), &values).value(), values.len() as u64);
        prop_assert_eq!(whole(&Max::default(), &values).value(), values.iter().copied().reduce(f64::max));
        prop_assert_eq!(whole(&Min::default(), &values).value(), values.iter().copied().reduce(f64::min));
    }

    #[test]
    fn frequencies_are_exact_while_the_keys_fit((keys, at) in split(key(), 80)) {
        exactly_the_same(&TopK::new(5).unwrap(), &keys, at)?;
        let counts = counted(&keys);
        for Top { key, count, error } in whole(&TopK::new(5).unwrap(), &keys).value() {
            prop_assert_eq!((count, error), (counts[&key], 0));
        }
    }

    #[test]
    fn frequencies_stay_within_their_error((keys, at) in split(key(), 200), max in 1_usize..8) {
        let counts = counted(&keys);
        let empty = TopK::at_most(max, max).unwrap();
        let all = whole(&empty, &keys);
        prop_assert_eq!(&interrupted(&empty, &keys, at), &all);
        for top in [all, in_parts(&empty, &keys, at)] {
            prop_assert!(top.error() <= keys.len() as u64 / (max as u64 + 1), "{} of {}", top.error(), keys.len());
            let mut found = top.value();
            prop_assert!(found.is_sorted_by_key(|top| std::cmp::Reverse(top.count)));
            for Top { key, count, error } in &found {
                prop_assert!((*count..=count + error).contains(&counts[key]), "{key}: {count} + {error}");
            }
            found.retain(|top| counts[&top.key] > top.error);
            prop_assert_eq!(found.len(), counts.values().filter(|count| **count > top.error()).count());
        }
    }
}

proptest! {
    // A sketch of hostile floats is as large as one can be.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_quantile_is_within_its_error((values, at) in split(hostile(), 400), q in 0.0..=1.0) {
        let quantile = Quantile::new(q).unwrap();
        exactly_the_same(&quantile, &values, at)?;
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let all = whole(&quantile, &values);
        prop_assert_eq!(all.error(), if values.len() <= 128 { 0.0 } else { 0.01 });
        match all.value() {
            None => prop_assert!(values.is_empty()),
            Some(value) => {
                let exact = sorted[(q * (sorted.len() - 1) as f64) as usize];
                prop_assert!((value - exact).abs() <= (all.error() + 1e-12) * exact.abs() + 1e-288, "{value} of {exact}");
            }
        }
    }
}

#[test]
fn keys_of_equal_counts_stay_in_first_seen_order() {
    let top = whole(&TopK::new(3).unwrap(), &["d", "b", "c", "a", "c"]);
    let keys: Vec<_> = top.value().into_iter().map(|top| top.key).collect();
    assert_eq!(keys, ["c", "d", "b"]);
}

#[test]
fn a_sum_that_does_not_fit_leaves_the_state_as_it_was() {
    let mut sum = Sum::default();
    sum.add(u64::MAX);
    assert_eq!(sum.try_add(1_u8), Err(AggregateError::Overflow("u64")));
    assert_eq!(sum.try_merge(sum.clone()), Err(AggregateError::Overflow("u64")));
    assert_eq!(sum.value(), u64::MAX);
    let mut sum = Sum::default();
    sum.add(i128::MIN);
    assert_eq!(sum.try_add(-1_i128), Err(AggregateError::Overflow("i128")));
    let mut sum = Sum::default();
    sum.add(i64::MIN);
    assert_eq!(sum.try_add(-1), Err(AggregateError::Overflow("i64")));
    sum.add(1_i8);
    assert_eq!(sum.value(), i64::MIN + 1);
}

#[test]
#[should_panic(expected = "the sum does not fit `i64`; convert the values to `i128` before")]
fn adding_what_is_refused_panics() {
    whole(&Sum::default(), &[i64::MAX, 1]);
}

#[test]
fn no_aggregate_takes_nan() {
    let nan = f64::NAN;
    assert_eq!(Sum::default().try_add(nan), Err(AggregateError::NotANumber("sum")));
    assert_eq!(Mean::default().try_add(nan), Err(AggregateError::NotANumber("mean")));
    assert_eq!(Std::default().try_add(nan), Err(AggregateError::NotANumber("std")));
    assert_eq!(Quantile::new(0.5).unwrap().try_add(nan), Err(AggregateError::NotANumber("quantile")));
    assert_eq!(Min::default().try_add(nan), Err(AggregateError::Unordered("min")));
    assert_eq!(whole(&Max::default(), &[1.0]).try_add(nan), Err(AggregateError::Unordered("max")));
}

#[test]
fn infinities_are_summed_and_ordered_but_not_measured() {
    let inf = f64::INFINITY;
    let mut sum = whole(&Sum::default(), &[1.0, inf, 2.0]);
    assert_eq!((sum.value(), stored(&sum).value()), (inf, inf));
    assert_eq!(sum.try_add(-inf), Err(AggregateError::NotANumber("sum")));
    assert_eq!(sum.try_merge(whole(&Sum::default(), &[-inf])), Err(AggregateError::NotANumber("sum")));
    assert_eq!(whole(&Mean::default(), &[1.0, -inf]).value(), Some(-inf));
    assert_eq!(whole(&Max::default(), &[1.0, inf]).value(), Some(inf));
    assert_eq!(Std::default().try_add(inf), Err(AggregateError::TooLarge("std", inf)));
    assert_eq!(Quantile::new(0.5).unwrap().try_add(inf), Err(AggregateError::Infinite("quantile")));
}

#[test]
fn no_sum_on_the_way_overflows() {
    assert_eq!(whole(&Sum::default(), &[1e308, 1e308, -1e308]).value(), 1e308);
    assert_eq!(whole(&Sum::default(), &[1e308, 1e100, 1.0, -1e308, -1e100]).value(), 1.0);
    assert_eq!(whole(&Sum::default(), &[f64::MAX; 2]).value(), f64::INFINITY);
    assert_eq!(whole(&Mean::default(), &[f64::MAX; 3]).value(), Some(f64::MAX));
    assert_eq!(in_parts(&Mean::default(), &[1e308, 1e308, 1e308, 5e-324], 2).value(), Some(0.75e308));
}

#[test]
fn the_ends_of_all_floats_fit_a_quantile() {
    let mut values = vec![f64::MAX, f64::MIN, 0.0, -1e-300, 1e-280];
    values.extend((1..400).map(f64::from));
    for (q, exact) in [(0.0, f64::MIN), (1.0, f64::MAX), (0.5, 198.0)] {
        let value = in_parts(&Quantile::new(q).unwrap(), &values, 200).value().unwrap();
        assert!((value - exact).abs() <= 0.01 * exact.abs(), "{value} of {exact}");
    }
}

#[test]
fn integers_that_a_float_does_not_hold_are_refused() {
    assert_eq!(Std::default().try_add((1_i64 << 53) + 1), Err(AggregateError::Inexact((1 << 53) + 1)));
    assert_eq!(Quantile::new(0.5).unwrap().try_add(u64::MAX), Err(AggregateError::Inexact(u64::MAX.into())));
    assert_eq!(Std::default().try_add(1_i64 << 60), Ok(()));
    assert!(Std::default().try_add(i128::MAX).is_err());
}

#[test]
fn states_are_as_small_as_documented() {
    use std::mem::size_of;
    assert_eq!((size_of::<Count>(), size_of::<Sum<f64>>(), size_of::<Mean<f64>>(), size_of::<Std>()), (8, 32, 40, 64));
    assert!(size_of::<Sum<i64>>() <= 32 && size_of::<Mean<i64>>() <= 40);
}

#[test]
fn parameters_are_checked() {
    assert!(Quantile::new(1.5).is_err() && Quantile::new(f64::NAN).is_err() && Quantile::with_error(0.5, 0.0).is_err());
    assert!(TopK::<u8>::new(0).is_err() && TopK::<u8>::at_most(3, 2).is_err());
}

#[test]
fn states_of_other_parameters_do_not_merge() {
    let mut median = Quantile::new(0.5).unwrap();
    assert_eq!(
        median.try_merge(Quantile::new(0.9).unwrap()).unwrap_err().to_string(),
        "a state of `quantile` with share 0.5 and error 0.01 cannot take over one with share 0.9 and error 0.01"
    );
    let mut top = TopK::<u8>::at_most(2, 10).unwrap();
    assert_eq!(
        top.try_merge(TopK::at_most(3, 10).unwrap()).unwrap_err().to_string(),
        "a state of `top_k` with 2 of 10 keys cannot take over one with 3 of 10 keys"
    );
}

#[test]
fn a_stored_state_that_cannot_be_is_refused() {
    for text in [
        r#"{"k":1,"max":2,"error":0,"counts":[["a",1],["a",2]]}"#,
        r#"{"k":1,"max":1,"error":0,"counts":[["a",1],["b",2]]}"#,
        r#"{"k":0,"max":1,"error":0,"counts":[]}"#,
    ] {
        assert!(serde_json::from_str::<TopK<String>>(text).is_err(), "{text}");
    }
    for text in [r#"{"q":2.0,"error":0.01,"values":{"Few":[]}}"#, r#"{"q":0.5,"error":0.01,"values":{"Few":[null]}}"#] {
        assert!(serde_json::from_str::<Quantile>(text).is_err(), "{text}");
    }
}

#[cfg(feature = "decimal")]
mod decimal {
    use rust_decimal::Decimal;

    use super::{
        Aggregate, AggregateError, AggregateOf, Max, Mean, Quantile, Std, Sum, exactly_the_same, split, whole,
    };
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn money_is_exact((cents, at) in split(any::<i32>(), 60)) {
            let values: Vec<Decimal> = cents.iter().map(|cents| Decimal::new((*cents).into(), 2)).collect();
            exactly_the_same(&Sum::default(), &values, at)?;
            exactly_the_same(&Mean::default(), &values, at)?;
            let exact = Decimal::new(cents.iter().map(|cents| i64::from(*cents)).sum(), 2);
            prop_assert_eq!(whole(&Sum::default(), &values).value(), exact);
        }
    }

    #[test]
    fn a_sum_that_would_be_rounded_is_refused() {
        let mut sum = whole(&Sum::default(), &[decimal("7922816251426433759354395033.5")]);
        assert_eq!(sum.try_add(decimal("0.25")), Err(AggregateError::Overflow("Decimal")));
        assert_eq!(sum.value(), decimal("7922816251426433759354395033.5"));
        sum.add(decimal("-0.5"));
        assert_eq!(sum.value(), decimal("7922816251426433759354395033"));
        assert!(whole(&Sum::default(), &[Decimal::MAX]).try_add(Decimal::ONE).is_err());
    }

    #[test]
    fn all_aggregates_take_decimals() {
        let values = ["1.10", "2.20", "3.30"].map(decimal);
        assert_eq!(whole(&Mean::default(), &values).value(), Some(decimal("2.20")));
        assert_eq!(whole(&Max::default(), &values).value(), Some(decimal("3.30")));
        assert_eq!(whole(&Quantile::new(0.5).unwrap(), &values).value(), Some(2.2));
        assert!((whole(&Std::default(), &values).value().unwrap() - 1.1).abs() < 1e-15);
    }
}
