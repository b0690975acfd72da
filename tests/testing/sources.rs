//! Sources that break one promise.

use millstream::error::BoxError;
use millstream::resource::Resources;
use millstream::source::{At, Position, Source};
use millstream::testing::{check_source, check_source_with};

use crate::{Row, table};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    NoName,
    AnotherName,
    NameMoves,
    ConnectMute,
    ConnectPanics,
    ConnectFails,
    OpenFails,
    OpenPanics,
    NextPanics,
    RandomItems,
    RandomRejects,
    RandomEnd,
    RandomPlaces,
    CountsFromZero,
    SkipsANumber,
    LineZero,
    BytesGoBack,
    SomeLines,
    LineEnds,
    RawOfNext,
    ReplayDiffers,
    ReplayRejects,
    ReplaySome,
    ReplayPanics,
    HintTooHigh,
    HintTooLow,
    HintUpsideDown,
    RejectMute,
    SeekOneOff,
    SeekForgetsPlace,
    SeekSome,
    SeekOnlyFromStart,
    SeekMute,
    UnopenedEnds,
    UnopenedPanics,
    UnopenedDiffers,
    ReopenSkips,
    ReopenPanics,
    DropPanicsUnopened,
    DropPanicsInside,
    DropPanicsAtEnd,
}

const TEXT: [&str; 5] = ["2", "3", "x", "5", "7"];

/// A number as it stands in the text: it borrows from the source.
#[derive(Debug)]
struct Number<'a>(#[allow(dead_code, reason = "read by `Debug`")] &'a str);

struct Numbers {
    bug: Bug,
    /// Which one of those that were made it is.
    made: usize,
    next: usize,
    opened: usize,
    moved: bool,
    raw: String,
}

impl Numbers {
    fn position(&self, index: usize) -> Position {
        let number = index as u64 + 1;
        let (mut item, mut line, mut byte) = (number, Some(number), Some(index as u64 * 2));
        match self.bug {
            Bug::RandomPlaces if index == 1 => byte = Some(self.made as u64 + 2),
            Bug::CountsFromZero => item -= 1,
            Bug::SkipsANumber if index > 2 => item += 1,
            Bug::LineZero => line = Some(number - 1),
            Bug::BytesGoBack if index == 3 => byte = Some(1),
            Bug::SomeLines if index == 3 => line = None,
            _ => {}
        }
        Position { item, line, byte }
    }
}

fn reject(text: &str) -> String {
    format!("`{text}` is no number")
}

impl Source for Numbers {
    type Item<'a> = Number<'a>;
    type Reject = String;
    type Error = String;

    fn name(&self) -> String {
        match self.bug {
            Bug::NoName => String::new(),
            Bug::AnotherName => format!("numbers {}", self.made),
            Bug::NameMoves => format!("numbers {}", self.next),
            _ => "numbers".to_owned(),
        }
    }

    fn connect(&mut self, _: &Resources) -> Result<(), BoxError> {
        match self.bug {
            Bug::ConnectMute => Err("".into()),
            Bug::ConnectFails => Err("no database".into()),
            Bug::ConnectPanics => panic!("no resources"),
            _ => Ok(()),
        }
    }

    fn open(&mut self) -> Result<(), BoxError> {
        self.opened += 1;
        match self.bug {
            Bug::OpenFails => return Err("no such file".into()),
            Bug::OpenPanics => panic!("no such file"),
            Bug::ReopenSkips if self.opened > 1 => self.next += 1,
            Bug::ReopenPanics => assert!(self.opened == 1, "open already"),
            _ => {}
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Result<Number<'_>, String>, At<'_>)>, String> {
        if self.opened == 0 {
            match self.bug {
                Bug::UnopenedEnds => return Ok(None),
                Bug::UnopenedPanics => panic!("not open"),
                Bug::UnopenedDiffers => self.next = 1,
                _ => return Err("not open".to_owned()),
            }
        }
        let index = self.next;
        let end = if self.bug == Bug::RandomEnd && self.made.is_multiple_of(2) { TEXT.len() - 1 } else { TEXT.len() };
        if index >= end {
            return Ok(None);
        }
        assert!(self.bug != Bug::NextPanics || index < 3, "index out of bounds");
        self.next += 1;
        TEXT[index].clone_into(&mut self.raw);
        let mut position = self.position(index);
        if self.moved && self.bug == Bug::SeekForgetsPlace {
            position.line = Some(1);
        }
        let text = match self.bug {
            Bug::RandomItems if index == 1 => self.raw.repeat(self.made),
            _ => self.raw.clone(),
        };
        match self.bug {
            Bug::LineEnds => self.raw.push('\n'),
            Bug::RawOfNext => self.raw.push_str("\n3"),
            _ => {}
        }
        // The item borrows from the source, and so do the raw bytes.
        let value = if text.chars().all(|c| c.is_ascii_digit()) {
            Ok(Number(match self.bug {
                Bug::LineEnds | Bug::RawOfNext => self.raw.lines().next().unwrap(),
                Bug::RandomItems if index == 1 && self.made.is_multiple_of(2) => "33",
                _ => &self.raw,
            }))
        } else {
            Err(match self.bug {
                Bug::RejectMute => String::new(),
                Bug::RandomRejects => reject(&format!("{}{}", self.raw, self.made)),
                _ => reject(&self.raw),
            })
        };
        #[allow(clippy::needless_update, reason = "it may say more than this source does")]
        let at = At { position, raw: Some(self.raw.as_bytes()), ..At::default() };
        Ok(Some((value, at)))
    }

    fn size_hint(&self) -> (u64, Option<u64>) {
        let rest = (TEXT.len() - self.next) as u64;
        match self.bug {
            Bug::HintTooHigh => (rest + 1, None),
            Bug::HintTooLow => (0, Some(rest.saturating_sub(1))),
            Bug::HintUpsideDown if rest == 0 => (0, Some(0)),
            Bug::HintUpsideDown => (rest, Some(rest - 1)),
            Bug::RandomEnd => (0, None),
            _ => (rest, Some(rest)),
        }
    }

    fn seek(&mut self, position: Position) -> Result<(), BoxError> {
        let index = usize::try_from(position.item).unwrap() - 1;
        self.moved = true;
        match self.bug {
            Bug::SeekSome if index == 2 => return Err("it does not go there".into()),
            Bug::SeekOnlyFromStart if self.next > 0 => return Err("it does not go back".into()),
            Bug::SeekMute => return Err("".into()),
            Bug::SeekOneOff => self.next = index + 1,
            _ => self.next = index,
        }
        Ok(())
    }

    fn replay<'a>(&'a mut self, _: Option<&[u8]>, raw: &'a [u8]) -> Result<Result<Number<'a>, String>, BoxError> {
        let text = std::str::from_utf8(raw)?.lines().next().unwrap_or_default();
        match self.bug {
            Bug::ReplayDiffers if text == "5" => return Ok(Ok(Number("50"))),
            Bug::ReplayRejects if text == "5" => return Ok(Err("it is gone".to_owned())),
            Bug::ReplaySome if text == "5" => return Err("it is gone".into()),
            Bug::ReplayPanics => panic!("not open"),
            _ => {}
        }
        Ok(if text.chars().all(|c| c.is_ascii_digit()) { Ok(Number(text)) } else { Err(reject(text)) })
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        let wrong = match self.bug {
            Bug::DropPanicsUnopened => self.opened == 0,
            Bug::DropPanicsInside => self.opened > 0 && self.next == 2,
            Bug::DropPanicsAtEnd => self.next == TEXT.len(),
            _ => false,
        };
        assert!(!wrong || std::thread::panicking(), "dropped at the wrong time");
    }
}

/// Makes sources with this bug.
fn numbers(bug: Bug) -> impl FnMut() -> Numbers {
    let mut made = 0;
    move || {
        made += 1;
        Numbers { bug, made, next: 0, opened: 0, moved: false, raw: String::new() }
    }
}

#[test]
fn a_source_that_breaks_one_promise_is_caught_by_that() {
    let rows: &[Row<Bug>] = &[
        (Bug::None, &[], ""),
        (Bug::SeekOnlyFromStart, &[], ""),
        (Bug::NoName, &["name"], "its name is empty"),
        (Bug::AnotherName, &["name"], "one was called `numbers 1`, the next one `numbers 2`"),
        (Bug::NameMoves, &["name"], "it was called `numbers 0` when it opened, and `numbers 5` after its last item"),
        (Bug::ConnectMute, &["connect"], "`connect` without resources failed and does not say why"),
        (Bug::ConnectFails, &["connect"], "`connect` failed: no database; give what it needs to `check_source_with`"),
        (Bug::ConnectPanics, &["connect"], "`connect` panicked: no resources"),
        (Bug::OpenFails, &["open"], "`open` failed: no such file"),
        (Bug::OpenPanics, &["open"], "`open` panicked: no such file"),
        (Bug::NextPanics, &["same items"], "`next` after 3 items panicked: index out of bounds"),
        (Bug::RandomItems, &["same items"], "item 2 was"),
        (Bug::RandomRejects, &["same items"], "item 3 was a reject (`"),
        (Bug::RandomEnd, &["same items"], "item 5"),
        (Bug::RandomPlaces, &["same items"], "item 2 was at item 2, line 2, byte"),
        (
            Bug::CountsFromZero,
            &["positions", "seek"],
            "item 2 says that it is at item 1, line 2, byte 2, where `item` should be 0",
        ),
        (
            Bug::SkipsANumber,
            &["positions", "seek"],
            "item 4 says that it is at item 5, line 4, byte 6, where `item` should be 4",
        ),
        (Bug::LineZero, &["positions"], "item 1 says that it is on line 0"),
        (
            Bug::BytesGoBack,
            &["positions"],
            "item 4 goes back: it is at item 4, line 4, byte 1, behind one at item 3, line 3, byte 4",
        ),
        (Bug::SomeLines, &["positions"], "item 4 is at item 4, byte 6, behind one at item 3, line 3, byte 4"),
        (Bug::LineEnds, &["raw bytes"], "item 1 has the raw bytes `2\\n`, with the line's end"),
        (Bug::RawOfNext, &["raw bytes"], "item 1 starts at byte 0 and has 3 bytes, but the next one starts at 2"),
        (Bug::ReplayDiffers, &["replay"], "item 4 was `Number(\"5\")`, and replayed `Number(\"50\")`"),
        (Bug::ReplayRejects, &["replay"], "item 4 was `Number(\"5\")`, and replayed a reject (`it is gone`)"),
        (Bug::ReplaySome, &["replay"], "item 4 cannot be replayed, while others can: it is gone"),
        (Bug::ReplayPanics, &["replay"], "`replay` of item 1 panicked: not open"),
        (Bug::HintTooHigh, &["size hint"], "after 0 items it said that at least 6 follow; 5 did"),
        (Bug::HintTooLow, &["size hint"], "after 0 items it said that at most 4 follow; 5 did"),
        (Bug::HintUpsideDown, &["size hint"], "after 0 items it said that at most 4 follow; 5 did"),
        (Bug::RejectMute, &["rejects"], "item 3 is rejected, and the error does not say why"),
        (
            Bug::SeekOneOff,
            &["seek"],
            "after `seek` to item 1, line 1, byte 0 behind 0 items: item 1 was `Number(\"2\")`, then `Number(\"3\")`",
        ),
        (Bug::SeekForgetsPlace, &["seek"], "item 2 was at item 2, line 2, byte 2, then at item 2, line 1, byte 2"),
        (Bug::SeekSome, &["seek"], "it goes to some places, but not to item 3, line 3, byte 4: it does not go there"),
        (Bug::SeekMute, &["seek"], "`seek` failed and does not say why"),
        (
            Bug::UnopenedEnds,
            &["not open"],
            "before `open` it gave the end; after it, its first item is `Number(\"2\")`",
        ),
        (Bug::UnopenedPanics, &["not open"], "`next` after 0 items panicked: not open"),
        (
            Bug::UnopenedDiffers,
            &["not open"],
            "before `open`, the first item was `Number(\"3\")`; after it, `Number(\"2\")`",
        ),
        (Bug::ReopenSkips, &["open twice"], "after a second `open`: item 1 was `Number(\"2\")`, then `Number(\"3\")`"),
        (Bug::ReopenPanics, &["open twice"], "the second `open` panicked: open already"),
        (Bug::DropPanicsUnopened, &["drop"], "dropping it before `open` panicked: dropped at the wrong time"),
        (Bug::DropPanicsInside, &["drop"], "dropping it after 2 items panicked: dropped at the wrong time"),
        (Bug::DropPanicsAtEnd, &["drop"], "panicked: dropped at the wrong time"),
    ];
    table(rows, |bug| check_source(numbers(bug)));
}

/// A source that needs a resource.
struct Shared;

impl Source for Shared {
    type Item<'a> = ();
    type Reject = String;
    type Error = String;

    fn name(&self) -> String {
        "shared".to_owned()
    }

    fn connect(&mut self, resources: &Resources) -> Result<(), BoxError> {
        resources.get::<u16>()?;
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Result<(), String>, At<'_>)>, String> {
        Ok(None)
    }
}

#[test]
fn what_a_source_needs_is_given_to_the_kit() {
    let needs = check_source(|| Shared).unwrap_err().to_string();
    let message = "source `shared` breaks 1 promise\n  connect: `connect` failed: it needs a `u16`, and the pipeline was given \
                   none; write `.with(..)` behind the pipeline; give what it needs to `check_source_with`\n    the promise: ";
    assert!(needs.starts_with(message), "{needs}");

    let resources = Resources::default();
    resources.insert(7_u16);
    assert_eq!(check_source_with(&resources, || Shared).unwrap().items(), 0);
}

#[test]
fn of_a_source_that_does_not_end_the_first_items_are_read() {
    let found = check_source(|| millstream::source::from_iter(0..)).unwrap();
    assert_eq!(found.items(), 10_000);
}

#[test]
fn the_result_is_a_list_to_read() {
    let found = check_source(numbers(Bug::None)).unwrap();
    assert_eq!(found.skipped().count(), 0);
    assert_eq!(
        found.kept().collect::<Vec<_>>(),
        [
            "name",
            "connect",
            "open",
            "same items",
            "positions",
            "raw bytes",
            "replay",
            "size hint",
            "rejects",
            "seek",
            "not open",
            "open twice",
            "drop"
        ]
    );
    let text = found.to_string();
    assert!(text.starts_with(
        "source `numbers` keeps 13 promises, over 4 items and 1 reject\n  name        a source has a name"
    ));
    let plain = check_source(|| millstream::source::from_iter([1])).unwrap().to_string();
    assert!(plain.contains("\nnot looked at\n  raw bytes   it gives no raw bytes\n"), "{plain}");
}

#[test]
fn a_source_without_errors_can_only_end_before_it_is_open() {
    struct Opened(Option<u32>);
    impl Source for Opened {
        type Item<'a> = u32;
        type Reject = std::convert::Infallible;
        type Error = std::convert::Infallible;
        fn name(&self) -> String {
            "opened".to_owned()
        }
        fn open(&mut self) -> Result<(), BoxError> {
            self.0 = Some(7);
            Ok(())
        }
        fn next(&mut self) -> Result<Option<(Result<u32, Self::Reject>, At<'_>)>, Self::Error> {
            Ok(self.0.take().map(|n| (Ok(n), At::default())))
        }
    }
    let found = check_source(|| Opened(None)).unwrap();
    assert!(
        found
            .skipped()
            .any(|(promise, why)| promise == "not open" && why == "it gave the end, as it has no error to give")
    );
}
