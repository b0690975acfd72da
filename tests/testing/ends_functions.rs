//! Sources and sinks from functions pass the kit.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use millstream::prelude::*;
use millstream::resource::Resources;
use millstream::testing::{Target, check_sink, check_source, check_source_with};

use crate::ends::kept;

#[source]
fn squares(#[param] below: u64) -> impl Iterator<Item = u64> {
    (1_u64..).map(|n| n * n).take_while(move |square| *square < below)
}

#[source]
fn numbers(#[param] text: String) -> impl Iterator<Item = Result<u64, std::num::ParseIntError>> {
    text.split(' ').map(str::parse).collect::<Vec<_>>().into_iter()
}

#[source]
fn countdown(#[state(init = from)] left: &mut u32, #[param] from: u32) -> Option<u32> {
    let _ = from;
    *left = left.checked_sub(1)?;
    Some(*left)
}

#[source]
fn listed(#[resource] list: Arc<Vec<u32>>) -> impl Iterator<Item = u32> {
    (0..list.len()).map(move |at| list[at])
}

#[sink]
fn append(
    #[param] path: PathBuf,
    #[state(init = File::options().append(true).create(true).open(path))] file: &mut File,
    n: u64,
) -> io::Result<()> {
    if n == 13 {
        return Err(io::Error::other("unlucky"));
    }
    file.write_all(format!("{n}\n").as_bytes())
}

#[sink]
fn pushed(#[resource] list: &RefCell<Vec<u64>>, n: u64) {
    list.borrow_mut().push(n);
}

const LACKS: [&str; 6] = ["not open", "raw bytes", "replay", "rejects", "seek", "size hint"];

#[test]
fn sources_keep_what_they_promise() {
    kept(check_source(|| squares::builder().below(50).build().unwrap()), (7, 0), &LACKS);
    kept(check_source(|| numbers::builder().text("1 x 2").build().unwrap()), (2, 1), &LACKS);
    kept(check_source(|| countdown::builder().from(3).build().unwrap()), (3, 0), &LACKS);
}

#[test]
fn a_source_with_a_resource_keeps_what_it_promises() {
    let resources = Resources::default();
    resources.insert(vec![3_u32, 1, 2]);
    kept(check_source_with(&resources, || listed::builder().build().unwrap()), (3, 0), &LACKS);
}

#[test]
fn a_sink_keeps_what_it_promises() {
    let target = Target::files(
        |dir| append::builder().path(dir.join("squares")).build().unwrap(),
        |dir| {
            let text = fs::read_to_string(dir.join("squares")).unwrap_or_default();
            text.lines().map(|line| line.parse::<u64>().unwrap()).collect()
        },
    );
    kept(check_sink(target.adds().refuses(13), [1, 4, 9]), (3, 0), &["hidden", "aborted", "exclusive"]);
}

#[test]
fn a_sink_of_which_the_resource_is_missing_says_so() {
    let target = Target::output(|| pushed::builder().build().unwrap(), |()| Vec::<u64>::new());
    let broken = check_sink(target, [1_u64]).unwrap_err().to_string();
    assert!(broken.contains("RefCell<Vec<u64>>"), "{broken}");
}
