//! The files and channels of `io` pass the kit.

use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};

use millstream::io::{channel, csv, files, json, lines};
use millstream::prelude::*;
use millstream::testing::{Target, check_sink, check_source, check_source_over};

use crate::ends::{Order, kept, read};

const LACKS: [&str; 1] = ["size hint"];

#[test]
fn lines_keep_what_they_promise() {
    let over = |text: &[u8]| check_source_over(text, |reader| lines::from_reader("text", reader));
    kept(over(b"one\r\n\ntw\xffo\nthree"), (3, 1), &LACKS);
    let target = Target::files(
        |dir| lines::sink(dir.join("words")),
        |dir| {
            let text = std::fs::read_to_string(dir.join("words")).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        },
    );
    kept(check_sink(target.replaces().exclusive().refuses("a\nb"), ["one", "", "two"]), (3, 0), &[]);
}

#[test]
fn json_arrays_keep_what_they_promise() {
    let over = |text: &str| check_source_over(text, |reader| json::from_reader::<Order, _>("o", reader));
    let text = r#"[{"name":"ann","amount":1.5}, {"name":7},
        {"name":"bob"}]"#;
    kept(over(text), (2, 1), &["size hint"]);
    let target = Target::files(
        |dir| json::sink(dir.join("orders.json")),
        |dir| {
            read(&dir.join("orders.json"), |file| {
                pipeline!({ json::from_reader::<Order, _>("o", file) } | collect()).run().unwrap().output
            })
        },
    );
    let orders = [1.0, 2.0].map(|amount| Order { name: "ann".to_owned(), amount: Some(amount) });
    kept(check_sink(target.replaces().exclusive(), orders), (2, 0), &["refused item"]);
}

#[test]
fn the_files_of_a_pattern_keep_what_they_promise() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let pattern = |end: &str| format!("{}/*.{end}", Path::new(dir.path()).display());
    write("a.csv", "name,amount\nann,1\n\nbob,2\n");
    write("b.csv", "amount,name\n3,\"ca\nrl\"\n4,dora");
    write("c.csv", "name,amount\n");
    kept(check_source(|| csv::source::<Order>(files(pattern("csv")))), (4, 1), &["size hint", "seek"]);
    write("a.txt", "one\ntwo\n");
    write("b.txt", "");
    write("c.txt", "three");
    kept(check_source(|| lines::source(files(pattern("txt")))), (3, 0), &["size hint", "rejects", "seek"]);
    kept(
        check_source(|| files(pattern("txt"))),
        (3, 0),
        &["replay", "size hint", "rejects", "seek", "raw bytes", "not open"],
    );
}

#[test]
fn channels_keep_what_they_promise() {
    let make = || {
        let (sender, receiver) = channel();
        (0..3).for_each(|n| sender.send(n).unwrap());
        channel::source(receiver)
    };
    kept(check_source(make), (3, 0), &["raw bytes", "replay", "size hint", "rejects", "seek"]);

    let place = || {
        let (sender, receiver): (Sender<u8>, Receiver<u8>) = channel();
        (sender, receiver, Rc::new(std::cell::RefCell::new(Vec::new())))
    };
    let target = Target::at(
        place,
        |(sender, _, _)| channel::sink(sender.clone()),
        |(_, receiver, got)| {
            got.borrow_mut().extend(receiver.try_iter());
            got.borrow().clone()
        },
    );
    kept(check_sink(target.adds().exclusive(), [2, 3, 5]), (3, 0), &["hidden", "aborted", "refused item"]);
}
