//! What a chain costs, job by job: J1a, J1b, J1d, J1e, J5. `cargo bench --bench chain`; instructions: `benches/instructions.sh`;
//! without optimisation: `benches/debug.sh`.
//!
//! Each timed pass is over 65,536 items, which fit into the second-level cache. `ratios` times the forms of each job in turns and
//! prints medians, which a busy machine disturbs less than one form after the other, and between which ratios the middle half of the
//! rounds lies; `csv` prints the medians for programs. For an
//! instruction counter, `count JOB/FORM ITEMS` makes one pass and ends, `no/form` only makes the items, and `list` prints the
//! names. `ratios`, `csv` and `list` take a part of names and leave out what does not contain it.

#![allow(
    clippy::redundant_closure,
    clippy::redundant_closure_for_method_calls,
    reason = "words are measured with closures"
)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput};

mod counts;
mod flow;
mod form;
mod fused;
mod groups;
mod iterator;
mod jobs;
mod kinds;
mod paths;
mod sink;

use form::{Form, Input, Job};

const ITEMS: usize = 1 << 16;
const ROUNDS: usize = 61;
/// Passes in a form's turn: one is enough where every pass takes long.
const PASSES: usize = if cfg!(debug_assertions) { 1 } else { 16 };

fn jobs() -> impl Iterator<Item = &'static Job> {
    [fused::JOBS, sink::JOBS, iterator::JOBS, kinds::JOBS, flow::JOBS, counts::JOBS, paths::JOBS, groups::JOBS]
        .into_iter()
        .flatten()
}

/// The forms of each job whose names contain `part`, and in any case the job's first form if there are others.
fn forms(part: &str) -> Vec<(&'static Job, Vec<&'static (&'static str, Form)>)> {
    let chosen = jobs().map(|job| {
        let base = job.forms.first().map(|(name, _)| name);
        let chosen = |name: &str| format!("{}/{name}", job.name).contains(part);
        let any = job.forms.iter().any(|(name, _)| chosen(name));
        (job, job.forms.iter().filter(|(name, _)| any && (Some(name) == base || chosen(name))).collect::<Vec<_>>())
    });
    chosen.filter(|(_, forms)| !forms.is_empty()).collect()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list", part @ ..] => list(&part.join(" ")),
        ["count", which, items] => count(which, items),
        ["ratios", part @ ..] => {
            println!("{:<34} {:>10}  {:>8}  middle half of {ROUNDS} rounds", "job/form", "ns an item", "x first");
            ratios(&part.join(" "), |job, form, ns, [low, ratio, high]| {
                println!("{:<34} {ns:10.3}  {ratio:8.2}  {low:.2} to {high:.2}", format!("{job}/{form}"));
            });
        }
        ["csv", part @ ..] => ratios(&part.join(" "), |job, form, ns, [_, ratio, _]| {
            println!("{job},{form},{ns:.3},ns an item\n{job},{form},{ratio:.3},x");
        }),
        _ => time(),
    }
}

fn list(part: &str) {
    for (job, forms) in forms(part) {
        for (name, _) in forms {
            println!("{}/{name}", job.name);
        }
    }
}

/// One pass, not timed.
fn count(which: &str, items: &str) {
    let n = items.parse().unwrap_or_else(|_| panic!("how many items is `{items}`?"));
    let input = black_box(Input::new(jobs::items(n)));
    if which == "no/form" {
        return;
    }
    let mut all = jobs().flat_map(|job| job.forms.iter().map(move |(name, form)| (job.name, *name, form)));
    let found = all.find(|(job, name, _)| which.split_once('/') == Some((*job, *name)));
    let (_, _, form) = found.unwrap_or_else(|| panic!("there is no form `{which}`; `list` names all"));
    form.run(&input);
}

fn time() {
    let input = checked();
    let mut criterion = Criterion::default().configure_from_args();
    for job in jobs() {
        let mut timed = criterion.benchmark_group(job.name);
        timed.throughput(Throughput::Elements(ITEMS as u64));
        for (name, form) in job.forms {
            timed.bench_function(*name, |b| b.iter(|| form.run(&input)));
        }
        timed.finish();
    }
    criterion.final_summary();
}

/// The median time of each form over many rounds, in each of which every form of the job has its turn, and the quartiles of its
/// ratio to the first form within a round.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratios(part: &str, print: impl Fn(&str, &str, f64, [f64; 3])) {
    let input = checked();
    for (job, forms) in forms(part) {
        let mut times = vec![Vec::new(); forms.len()];
        for _ in 0..ROUNDS {
            for ((_, form), times) in forms.iter().zip(&mut times) {
                let started = Instant::now();
                for _ in 0..PASSES {
                    form.run(&input);
                }
                times.push(started.elapsed().as_secs_f64() * 1e9 / (PASSES * ITEMS) as f64);
            }
        }
        for ((name, _), of) in forms.iter().zip(&times) {
            let ratios = of.iter().zip(&times[0]).map(|(time, base)| time / base);
            let [_, ns, _] = quartiles(of.iter().copied());
            print(job.name, name, ns, quartiles(ratios));
        }
    }
}

/// The values that have a quarter, a half and three quarters of all below them.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}

/// The items, after all forms of each job have given the same of them; also of none, and of some of which one is refused.
fn checked() -> Input {
    let refused = Input::new([3 << 40, 4 << 40, 0, 5 << 40].into());
    let input = Input::new(jobs::items(ITEMS));
    for job in jobs() {
        for input in [&Input::new(Vec::new()), &refused, &input] {
            let [(_, base), others @ ..] = job.forms else { panic!("{} has no forms", job.name) };
            let expected = base.outcome(input);
            for (name, form) in others {
                assert!(form.outcome(input) == expected, "{}/{name} gives something else", job.name);
            }
        }
    }
    input
}
