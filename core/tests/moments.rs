//! `Moments` against what two exact passes over the same values say.

#![allow(clippy::float_cmp, reason = "where a result is exact, it is to be that number")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

use millstream_core::moments::Moments;
use proptest::prelude::*;

/// A generator of numbers in [0, 1) that gives the same ones everywhere.
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// The sum, exact but for the last rounding, for the values of these tests (Kahan-Babuška over sorted magnitudes).
fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for x in values {
        let next = sum + x;
        lost += if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
        sum = next;
    }
    sum + lost
}

/// Mean and population variance in two passes, the second one shifted by a value so that an offset costs nothing.
fn two_pass(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = exact_sum(values.iter().copied()) / n;
    let shift = values[0];
    let shifted = exact_sum(values.iter().map(|x| x - shift)) / n;
    let variance = exact_sum(values.iter().map(|x| ((x - shift) - shifted).powi(2))) / n;
    (mean, variance)
}

fn close(got: f64, wanted: f64, relative: f64, absolute: f64) -> bool {
    (got - wanted).abs() <= relative * wanted.abs() + absolute
}

/// Checks every statistic; the variance within what the offset of the values allows.
fn check(moments: &Moments, values: &[f64]) {
    assert_eq!(moments.count(), values.len() as u64);
    let (mean, variance) = two_pass(values);
    let largest = values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(close(moments.mean(), mean, 0.0, 4.0 * f64::EPSILON * largest), "mean {} of {mean}", moments.mean());
    assert!(close(moments.sum(), mean * values.len() as f64, 1e-14, 1e-14 * largest * values.len() as f64));
    // Each deviation is off by at most some rounding errors of the mean.
    let off = 8.0 * f64::EPSILON * largest;
    let slack = off * variance.sqrt() + off * off;
    let got = moments.population_variance();
    assert!(close(got, variance, 1e-10, 4.0 * slack), "variance {got} of {variance}");
    assert_eq!(moments.min(), values.iter().copied().fold(f64::INFINITY, f64::min));
    assert_eq!(moments.max(), values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    assert!(moments.min() <= moments.mean() && moments.mean() <= moments.max());
}

/// Values around an offset, with ties and runs of equal ones.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let offset = prop_oneof![Just(0.0), Just(1e9), Just(-1e9), Just(0.1), Just(1e-300)];
    let value = prop_oneof![4 => -1.0..1.0, 1 => Just(0.5), 1 => Just(-0.25), 1 => -1e6..1e6];
    (offset, prop::collection::vec(value, 1..300))
        .prop_map(|(offset, values)| values.into_iter().map(|x| x + offset).collect())
}

#[test]
fn a_window_of_near_values_is_exact_behind_far_ones() {
    let values = [
        1_000_000_000.486_134_3,
        1e9 + 0.386_931_1,
        1e9 - 0.016_328_6,
        1e9 - 0.804_477_1,
        1e9 - 0.278_901_6,
        1e9 - 0.25,
    ];
    let mut moments = Moments::over(2);
    for end in 1..=values.len() {
        moments.add(values[end - 1]);
        check(&moments, &values[end.saturating_sub(2)..end]);
    }
}

proptest! {
    #[test]
    fn growing_is_two_passes(values in values()) {
        check(&values.iter().copied().collect(), &values);
    }

    #[test]
    fn sliding_is_two_passes_over_the_window(values in values(), n in 1_usize..40) {
        let mut moments = Moments::over(n);
        for end in 1..=values.len() {
            moments.add(values[end - 1]);
            check(&moments, &values[end.saturating_sub(n)..end]);
        }
    }

    #[test]
    fn merging_is_adding_and_associates(values in values(), a in 0_usize..300, b in 0_usize..300) {
        let (a, b) = (a.min(values.len()), b.min(values.len()));
        let part = |range: std::ops::Range<usize>| values[range].iter().copied().collect::<Moments>();
        let parts = [part(0..a.min(b)), part(a.min(b)..a.max(b)), part(a.max(b)..values.len())];
        let merged = |one: &Moments, other: &Moments| {
            let mut one = one.clone();
            one.merge(other).map(|()| one)
        };
        let left = merged(&merged(&parts[0], &parts[1])?, &parts[2])?;
        let right = merged(&parts[0], &merged(&parts[1], &parts[2])?)?;
        let back = merged(&merged(&parts[2], &parts[1])?, &parts[0])?;
        for moments in [left, right, back] {
            check(&moments, &values);
        }
    }

    #[test]
    fn read_back_it_goes_on_as_the_original(
        mut values in values(),
        odd in prop::option::of((0_usize..300, prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY)])),
        n in prop::option::of(1_usize..40),
        cut in 0_usize..300,
    ) {
        if let Some((at, x)) = odd {
            values.insert(at.min(values.len()), x);
        }
        let cut = cut.min(values.len());
        let mut original = n.map_or_else(Moments::default, Moments::over);
        original.extend(values[..cut].iter().copied());
        // `Value` keeps floats bit for bit, whatever the parser of the text does.
        let mut restored: Moments = serde_json::from_value(serde_json::to_value(&original)?)?;
        original.extend(values[cut..].iter().copied());
        restored.extend(values[cut..].iter().copied());
        prop_assert_eq!(format!("{original:?}"), format!("{restored:?}"));
    }
}

#[test]
fn empty_is_nan_and_counts_nothing() {
    for empty in [Moments::default(), Moments::new(), Moments::over(3)] {
        assert_eq!((empty.count(), empty.sum()), (0, 0.0));
        for nothing in
            [empty.mean(), empty.variance(), empty.std(), empty.population_variance(), empty.min(), empty.max()]
        {
            assert!(nothing.is_nan());
        }
        assert_eq!(empty.z(1.0), None);
    }
}

#[test]
fn one_value_has_no_sample_variance() {
    let one: Moments = [7.0].into_iter().collect();
    assert_eq!((one.mean(), one.population_variance(), one.min(), one.max()), (7.0, 0.0, 7.0, 7.0));
    assert!(one.variance().is_nan());
    assert_eq!(one.z(8.0), None);
}

#[test]
fn variance_is_of_the_sample() {
    let moments: Moments = [1.0, 2.0, 3.0, 4.0].into_iter().collect();
    assert_eq!((moments.variance(), moments.population_variance()), (5.0 / 3.0, 1.25));
    assert_eq!(moments.z(2.5), Some(0.0));
    assert!(moments.z(2.5 + moments.std()).is_some_and(|z| close(z, 1.0, 1e-15, 0.0)));
}

#[test]
fn equal_values_have_exactly_no_deviation() {
    for value in [0.1, 1e9 + 0.1, -1.0 / 3.0, 1e-310, 1e300] {
        let mut all = Moments::default();
        let mut last = Moments::over(7);
        last.extend([1.0, -5.0, 1e10]);
        for _ in 0..1000 {
            all.add(value);
            last.add(value);
        }
        for moments in [all, last] {
            assert_eq!((moments.variance(), moments.mean(), moments.z(value)), (0.0, value, None));
        }
    }
}

#[test]
fn sums_of_whole_numbers_are_exact() {
    let all: Moments = (1..=100_000_u32).map(f64::from).collect();
    assert_eq!((all.sum(), all.mean()), (5_000_050_000.0, 50_000.5));
    // Plain addition loses every one of the small ones.
    let all: Moments = std::iter::once(1e16).chain(std::iter::repeat_n(1.0, 1000)).collect();
    assert_eq!(all.sum(), 1e16 + 1000.0);
}

#[test]
fn a_long_stream_far_from_zero_keeps_its_digits() {
    let (mut all, mut last) = (Moments::default(), Moments::over(50));
    let values: Vec<f64> = Numbers(1).take(2_000_000).map(|x| 1e9 + x).collect();
    for x in &values {
        all.add(*x);
        last.add(*x);
    }
    let (mean, variance) = two_pass(&values);
    assert!(close(all.mean(), mean, f64::EPSILON, 0.0), "{} of {mean}", all.mean());
    assert!(close(all.population_variance(), variance, 1e-8, 0.0));
    check(&last, &values[values.len() - 50..]);
}

#[test]
fn an_outlier_leaves_nothing_behind() {
    for size in [2_usize, 5, 50, 333] {
        let mut last = Moments::over(size);
        let mut kept = Vec::new();
        for (i, x) in Numbers(2).take(5000).enumerate() {
            let x = if i % (size + 3) == 0 { 1e12 } else { x };
            last.add(x);
            kept.push(x);
            let window = &kept[kept.len().saturating_sub(size)..];
            let (mean, variance) = two_pass(window);
            assert!(close(last.mean(), mean, 1e-12, 0.0));
            assert!(close(last.population_variance(), variance, 1e-9, 1e-24), "{size} {i}");
        }
    }
}

#[test]
fn the_extremes_of_a_window_follow_ramps_both_ways() {
    for n in [1_usize, 2, 3, 10, 64] {
        let (mut up, mut down) = (Moments::over(n), Moments::over(n));
        for i in 0..500_u32 {
            let (now, oldest) = (f64::from(i), f64::from(i.saturating_sub(n as u32 - 1)));
            up.add(now);
            down.add(-now);
            assert_eq!((up.min(), up.max()), (oldest, now));
            assert_eq!((down.min(), down.max()), (-now, -oldest));
        }
    }
}

#[test]
fn a_nan_shows_in_everything_but_the_count() {
    let mut all: Moments = [1.0, f64::NAN, 3.0].into_iter().collect();
    all.add(4.0);
    assert_eq!(all.count(), 4);
    for value in [all.sum(), all.mean(), all.variance(), all.std(), all.min(), all.max()] {
        assert!(value.is_nan());
    }
    assert_eq!(all.z(1.0), None);
    let clean: Moments = [1.0, 2.0].into_iter().collect();
    assert!(clean.z(f64::NAN).is_some_and(f64::is_nan));
    let mut into = clean.clone();
    assert_eq!(into.merge(&all), Ok(()));
    assert!(into.mean().is_nan() && into.min().is_nan() && into.variance().is_nan());
}

#[test]
fn an_infinity_shows_as_one() {
    let mut all: Moments = [1.0, f64::INFINITY, 3.0, 5.0].into_iter().collect();
    assert_eq!((all.sum(), all.mean(), all.min(), all.max()), (f64::INFINITY, f64::INFINITY, 1.0, f64::INFINITY));
    assert!(all.variance().is_nan());
    assert_eq!(all.z(1.0), None);
    all.add(f64::NEG_INFINITY);
    assert!(all.sum().is_nan() && all.mean().is_nan());
    assert_eq!((all.min(), all.max()), (f64::NEG_INFINITY, f64::INFINITY));
}

#[test]
fn a_window_recovers_when_what_is_not_finite_has_left() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for n in [1_usize, 2, 3, 7] {
        for first in odd {
            for second in odd {
                let values = [1.0, 2.5, first, 4.0, second, 5.0, 6.5, 7.0, 8.0, 9.5, 1.0, 3.0, 2.0];
                let mut last = Moments::over(n);
                for end in 1..=values.len() {
                    last.add(values[end - 1]);
                    let window = &values[end.saturating_sub(n)..end];
                    let sum: f64 = window.iter().sum();
                    if sum.is_finite() {
                        check(&last, window);
                    } else {
                        assert_eq!(
                            (last.sum().to_string(), last.mean().to_string()),
                            (sum.to_string(), sum.to_string())
                        );
                        assert!(last.variance().is_nan());
                        let nan = window.iter().any(|x| x.is_nan());
                        assert_eq!((last.min().is_nan(), last.max().is_nan()), (nan, nan));
                        if !nan {
                            assert_eq!(last.min(), window.iter().copied().fold(f64::INFINITY, f64::min));
                            assert_eq!(last.max(), window.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_window_recovers_from_overflow() {
    let mut last = Moments::over(3);
    last.extend([f64::MAX, f64::MAX, 1.0]);
    assert_eq!(last.mean(), f64::INFINITY);
    last.extend([1.0, -f64::MAX, 3.0, 4.0]);
    last.add(5.0);
    assert_eq!((last.sum(), last.mean(), last.variance()), (12.0, 4.0, 1.0));
}

#[test]
fn merging_into_a_window_is_refused_and_changes_nothing() {
    let mut last = Moments::over(2);
    last.extend([1.0, 2.0, 3.0]);
    let before = last.clone();
    let error = last.merge(&[4.0].into_iter().collect()).unwrap_err();
    assert_eq!(error.to_string(), "a sliding window cannot take in other moments; merge into `Moments::default()`");
    assert_eq!(last, before);
    let mut all: Moments = [10.0].into_iter().collect();
    all.merge(&last).unwrap();
    assert_eq!((all.count(), all.sum(), all.min(), all.max(), all.window()), (3, 15.0, 2.0, 10.0, None));
}

#[test]
#[should_panic(expected = "a sliding window holds at least one value")]
fn a_window_of_nothing_is_refused() {
    let _ = Moments::over(0);
}

#[test]
fn growing_takes_a_cache_line() {
    assert_eq!(size_of::<Moments>(), 64);
}

#[test]
fn json_says_what_is_not_finite_in_words() {
    let empty = serde_json::to_string(&Moments::default()).unwrap();
    assert_eq!(
        empty,
        r#"{"count":0,"sum":0.0,"carry":0.0,"mean":0.0,"m2":0.0,"min":"inf","max":"-inf","window":null}"#
    );
    assert_eq!(serde_json::from_str::<Moments>(&empty).unwrap(), Moments::default());
}

#[test]
fn damaged_windows_are_refused() {
    let mut last = Moments::over(2);
    last.extend([1.0, 2.0, 3.0]);
    let good = serde_json::to_value(&last).unwrap();
    assert_eq!(serde_json::from_value::<Moments>(good.clone()).unwrap(), last);
    for (name, value) in [("size", 0), ("size", 1), ("size", 3), ("at", 2)] {
        let mut bad = good.clone();
        bad["window"][name] = value.into();
        assert!(serde_json::from_value::<Moments>(bad).is_err(), "{name} = {value}");
    }
    let mut bad = good.clone();
    bad["count"] = 7.into();
    assert!(serde_json::from_value::<Moments>(bad).is_err());
    let mut bad = good;
    bad["sum"] = "many".into();
    assert!(serde_json::from_value::<Moments>(bad).unwrap_err().to_string().contains("a number, or"));
}
