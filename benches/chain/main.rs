//! What a chain costs: J1a and J1e. `cargo bench --bench chain`; instructions: `benches/instructions.sh`.
//!
//! Each timed pass is over 65,536 items, which fit into the second-level cache. `count JOB/FORM ITEMS` as the program's
//! arguments makes one pass and ends, for an instruction counter; `list` prints the names of all forms. `ratios` times the forms
//! in turns and prints medians, which a busy machine disturbs less than one form after the other.

#![allow(
    clippy::redundant_closure,
    clippy::redundant_closure_for_method_calls,
    reason = "words are measured with closures"
)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput};

mod fused;
mod groups;
mod iterator;
mod jobs;
mod paths;

const ITEMS: usize = 1 << 16;

/// All forms as functions over the items, grouped by job.
fn forms() -> Vec<(&'static str, &'static str, Box<dyn Fn(&[u64])>)> {
    let fused = fused::FORMS.iter().map(|(name, form)| {
        ("fused", *name, Box::new(|items: &[u64]| drop(black_box(form(black_box(items))))) as Box<dyn Fn(&[u64])>)
    });
    let iterator = iterator::FORMS.iter().map(|(name, form)| {
        let run = |items: &[u64]| {
            black_box(form(black_box(items)));
        };
        ("iterator", *name, Box::new(run) as Box<dyn Fn(&[u64])>)
    });
    let others = [("paths", paths::FORMS), ("groups", groups::FORMS)];
    let others = others.into_iter().flat_map(|(job, forms)| {
        forms.iter().map(move |(name, form)| {
            let run = |items: &[u64]| {
                black_box(form(black_box(items)));
            };
            (job, *name, Box::new(run) as Box<dyn Fn(&[u64])>)
        })
    });
    fused.chain(iterator).chain(others).collect()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list", ..] => {
            for (job, name, _) in forms() {
                println!("{job}/{name}");
            }
        }
        ["count", which, items, ..] => count(which, items),
        ["ratios", ..] => ratios(),
        _ => time(),
    }
}

/// One pass, not timed.
fn count(which: &str, items: &str) {
    let n = items.parse().unwrap_or_else(|_| panic!("how many items is `{items}`?"));
    let items = jobs::items(n);
    let mut all = forms();
    // What making the items costs.
    all.push(("no", "form", Box::new(|items| _ = black_box(items))));
    let found = all.iter().find(|(job, name, _)| format!("{job}/{name}") == which);
    let (_, _, form) = found.unwrap_or_else(|| panic!("there is no form `{which}`; `list` names all"));
    black_box(&items);
    form(&items);
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn time() {
    let items = jobs::items(ITEMS);
    fused::check(&items);
    iterator::check(&items);
    paths::check(&items);
    groups::check(&items);
    let mut criterion = Criterion::default().configure_from_args();
    let all = forms();
    for group in all.chunk_by(|(a, ..), (b, ..)| a == b) {
        let mut timed = criterion.benchmark_group(group[0].0);
        timed.throughput(Throughput::Elements(ITEMS as u64));
        for (_, name, form) in group {
            timed.bench_function(*name, |b| b.iter(|| form(&items)));
        }
        timed.finish();
    }
    criterion.final_summary();
}

/// The median time of each form over many rounds, in each of which every form has its turn.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratios() {
    let items = jobs::items(ITEMS);
    fused::check(&items);
    iterator::check(&items);
    paths::check(&items);
    groups::check(&items);
    let all = forms();
    let mut times = vec![Vec::new(); all.len()];
    for _ in 0..61 {
        for ((_, _, form), times) in all.iter().zip(&mut times) {
            let started = Instant::now();
            for _ in 0..16 {
                form(&items);
            }
            times.push(started.elapsed().as_secs_f64() * 1e9 / (16 * ITEMS) as f64);
        }
    }
    let (mut job_before, mut base) = ("", 0.0);
    for ((job, name, _), mut times) in all.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        if *job != job_before
            || (*job == "iterator" && name.starts_with("std"))
            || (*job == "groups" && name.starts_with("hand"))
        {
            (job_before, base) = (job, median);
        }
        println!("{job}/{name:<20} {median:7.3} ns an item  {:6.2} x", median / base);
    }
}
