//! What a state for each key costs. `cargo bench --bench keyed`; instructions: `benches/instructions.sh --bench keyed`.
//!
//! `ratios [JOB]` times the forms of each job in turns and prints medians, each beside the best form by hand. `count JOB/FORM
//! ITEMS` makes one pass and ends, for an instruction counter; `list` prints the names of all forms.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput};

mod hand;
mod items;
mod ours;

use hand::{Id, OwnedSensor, Sensor, SiteSensor, index, map};
use items::{Count, Items, Shape, Wide};

type Form = fn(&Items) -> u64;

/// The same work in several forms; the last is ours.
struct Job {
    name: &'static str,
    shape: Shape,
    /// How many items are timed.
    items: usize,
    forms: Vec<(&'static str, Form)>,
}

/// All forms over keys of one kind, and states of one.
macro_rules! forms {
    ($by:ty, $state:ty, $ours:path) => {
        vec![
            ("hand-sip", map::<$by, $state, std::hash::RandomState> as Form),
            ("hand-fold", map::<$by, $state, foldhash::fast::RandomState>),
            ("hand-ahash", map::<$by, $state, ahash::RandomState>),
            ("hand-fx", map::<$by, $state, rustc_hash::FxBuildHasher>),
            ("hand-index", index::<$by, $state, foldhash::fast::RandomState>),
            ("ours", $ours),
        ]
    };
}

const FEW: Shape = Shape { keys: 1_000, run: 1, long: false, owned: false };
const MANY: Shape = Shape { keys: 1_000_000, ..FEW };

fn jobs() -> Vec<Job> {
    let job = |name, shape, items, forms| Job { name, shape, items, forms };
    vec![
        job("id", FEW, 1 << 16, forms!(Id, Count, ours::by_id)),
        job("id-wide", FEW, 1 << 16, forms!(Id, Wide, ours::by_id_wide)),
        job("text", FEW, 1 << 16, forms!(Sensor, Count, ours::by_sensor)),
        job("text-wide", FEW, 1 << 16, forms!(Sensor, Wide, ours::by_sensor_wide)),
        job("text-long", Shape { long: true, ..FEW }, 1 << 16, forms!(Sensor, Count, ours::by_sensor)),
        job("text-runs", Shape { run: 16, ..FEW }, 1 << 16, forms!(Sensor, Count, ours::by_sensor)),
        job("string", Shape { owned: true, ..FEW }, 1 << 16, forms!(OwnedSensor, Count, ours::by_owned)),
        job("tuple", FEW, 1 << 16, forms!(SiteSensor, Count, ours::by_place)),
        job("id-million", MANY, 1 << 22, forms!(Id, Count, ours::by_id)),
        job("text-million", MANY, 1 << 22, forms!(Sensor, Count, ours::by_sensor)),
        job("text-new", MANY, 1_000_000, forms!(Sensor, Wide, ours::by_sensor_wide)),
    ]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list", ..] => {
            for job in jobs() {
                for (form, _) in &job.forms {
                    println!("{}/{form}", job.name);
                }
            }
        }
        ["count", which, items, ..] => count(which, items),
        ["ratios", only @ ..] => ratios(only.first().copied().unwrap_or_default()),
        _ => time(),
    }
}

/// One pass, not timed. `no/form` is what making the items costs.
fn count(which: &str, items: &str) {
    let n = items.parse().unwrap_or_else(|_| panic!("how many items is `{items}`?"));
    let (job, form) = which.split_once('/').unwrap_or((which, ""));
    let Some(job) = jobs().into_iter().find(|known| known.name == job) else {
        black_box(FEW.items(n));
        return;
    };
    let (_, form) = job
        .forms
        .iter()
        .find(|(name, _)| *name == form)
        .unwrap_or_else(|| panic!("there is no form `{which}`; `list` names all"));
    black_box(form(black_box(&job.shape.items(n))));
}

/// Whether all forms of a job say the same.
fn check(job: &Job, items: &Items) {
    let expected = job.forms[0].1(items);
    for (name, form) in &job.forms {
        assert_eq!(form(items), expected, "{}/{name}", job.name);
    }
}

fn time() {
    let mut criterion = Criterion::default().configure_from_args();
    for job in jobs() {
        let items = job.shape.items(job.items);
        check(&job, &items);
        let mut timed = criterion.benchmark_group(job.name);
        timed.throughput(Throughput::Elements(items.len() as u64));
        for (name, form) in &job.forms {
            timed.bench_function(*name, |b| b.iter(|| form(black_box(&items))));
        }
        timed.finish();
    }
    criterion.final_summary();
}

/// The median time of each form over many rounds, in each of which every form has its turn.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratios(only: &str) {
    for job in jobs().into_iter().filter(|job| job.name.contains(only)) {
        let items = job.shape.items(job.items);
        check(&job, &items);
        let rounds = if items.len() > 1 << 17 { 5 } else { 301 };
        let mut times = vec![Vec::new(); job.forms.len()];
        for _ in 0..rounds {
            for ((_, form), times) in job.forms.iter().zip(&mut times) {
                let started = Instant::now();
                black_box(form(black_box(&items)));
                times.push(started.elapsed().as_secs_f64() * 1e9 / items.len() as f64);
            }
        }
        let medians: Vec<f64> = times
            .iter_mut()
            .map(|times| {
                times.sort_by(f64::total_cmp);
                times[times.len() / 2]
            })
            .collect();
        let by_hand = &medians[..medians.len() - 1];
        let best = by_hand.iter().copied().fold(f64::INFINITY, f64::min);
        for ((name, _), median) in job.forms.iter().zip(&medians) {
            println!("{:<28} {median:7.2} ns an item  {:6.2} x", format!("{}/{name}", job.name), median / best);
        }
    }
}
