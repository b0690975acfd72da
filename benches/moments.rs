//! What a value costs `Moments`: `cargo bench --bench moments`.
//!
//! Each figure is for 1,000,000 values, so a millisecond is a nanosecond a value. `keyed` goes round 1,000 of them, as the
//! sensor job does; `naive` is the recurrence without any of what keeps the digits.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use millstream::moments::Moments;

/// Welford's recurrence alone.
#[derive(Default)]
struct Naive {
    count: f64,
    mean: f64,
    m2: f64,
    max: f64,
}

impl Naive {
    fn add(&mut self, x: f64) {
        self.count += 1.0;
        let deviation = x - self.mean;
        self.mean += deviation / self.count;
        self.m2 += deviation * (x - self.mean);
        self.max = self.max.max(x);
    }
}

fn values() -> Vec<f64> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((state >> 40) as u32) / 1e6
    };
    std::iter::repeat_with(next).take(1_000_000).collect()
}

fn moments(c: &mut Criterion) {
    let values = values();
    let mut group = c.benchmark_group("moments");
    group.sample_size(30);
    group.bench_function("naive/one", |b| {
        b.iter(|| {
            let mut m = Naive::default();
            for x in &values {
                m.add(*x);
            }
            black_box(m.m2 + m.mean + m.max)
        });
    });
    for (name, new) in [
        ("growing", Moments::new as fn() -> Moments),
        ("over 50", || Moments::over(50)),
        ("over 2", || Moments::over(2)),
        ("over 10000", || Moments::over(10_000)),
    ] {
        group.bench_function(format!("{name}/one"), |b| {
            b.iter(|| {
                let mut m = new();
                for x in &values {
                    m.add(*x);
                }
                black_box(m)
            });
        });
        group.bench_function(format!("{name}/one, with z"), |b| {
            b.iter(|| {
                let mut m = new();
                let score = |x: &f64| {
                    let z = m.z(*x);
                    m.add(*x);
                    z
                };
                black_box(values.iter().filter_map(score).filter(|z| *z > 3.0).count())
            });
        });
    }
    for (name, new) in [("growing", Moments::new as fn() -> Moments), ("over 50", || Moments::over(50))] {
        group.bench_function(format!("{name}/keyed, with z"), |b| {
            let mut all: Vec<Moments> = std::iter::repeat_with(new).take(1_000).collect();
            b.iter(|| {
                let mut far = 0;
                for (x, key) in values.iter().zip((0..1_000).cycle()) {
                    far += u32::from(all[key].z(*x).is_some_and(|z| z > 3.0));
                    all[key].add(*x);
                }
                black_box(far)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, moments);
criterion_main!(benches);
