//! `#[stage]` and `#[finish]`: every shape of a stage function, driven item by item.
#![deny(warnings, missing_docs)]

mod support;

use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::stage::{Described, Flow, Kind, Never, ParamError, Rejected, Renew, Stage};
use support::{Log, drive, feed, made};

#[stage]
fn double(n: u32) -> u32 {
    n * 2
}

#[stage]
fn half(n: u32) -> Option<u32> {
    n.is_multiple_of(2).then_some(n / 2)
}

#[stage]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[stage]
fn parse_some(text: String) -> Result<Option<u32>, std::num::ParseIntError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

#[stage]
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
}

#[stage]
fn digits(text: String) -> Result<impl Iterator<Item = u32>, std::num::ParseIntError> {
    let n: u32 = text.parse()?;
    Ok((0..3).map(move |p| n / 10_u32.pow(p) % 10))
}

#[derive(Debug, Clone, PartialEq)]
struct Reading<'a> {
    sensor: &'a str,
    value: i64,
}

fn reading(sensor: &str, value: i64) -> Reading<'_> {
    Reading { sensor, value }
}

#[stage]
fn high(#[param(default = 10, range = -5..=100)] limit: i64, reading: &Reading<'_>) -> bool {
    reading.value > limit
}

/// Looks.
#[stage]
fn peek(#[state] seen: &mut Vec<i64>, reading: &Reading<'_>) {
    seen.push(reading.value);
}

#[stage]
fn name<'a>(reading: &Reading<'a>) -> &'a str {
    reading.sensor
}

#[stage]
fn borrow_value<'r>(reading: &'r Reading<'_>) -> &'r i64 {
    &reading.value
}

#[stage]
fn bump(#[param(default = 1)] by: i64, reading: &mut Reading<'_>) {
    reading.value += by;
}

#[stage]
fn checked_bump(reading: &mut Reading<'_>) -> Result<(), String> {
    reading.value = reading.value.checked_add(1).ok_or("overflow")?;
    Ok(())
}

#[stage]
fn valid(reading: &Reading<'_>) -> Result<bool, String> {
    if reading.value < 0 { Err(format!("{} is negative", reading.value)) } else { Ok(reading.value > 1) }
}

#[stage]
fn total((a, b): (u32, u32)) -> u32 {
    a + b
}

/// Count and sum: a state for these tests.
#[derive(Debug, Default, Clone, PartialEq)]
struct Tally {
    count: u32,
    sum: i64,
}

impl Tally {
    fn from(sum: i64) -> Self {
        Tally { count: 0, sum }
    }

    fn parse(text: &str) -> Result<Self, std::num::ParseIntError> {
        Ok(Tally { count: 0, sum: text.parse()? })
    }

    fn add(&mut self, value: i64) {
        self.count += 1;
        self.sum += value;
    }
}

/// Adds up, and hands on the sum so far.
#[stage]
fn running<'a>(
    #[state(init = Tally::from(start))] tally: &mut Tally,
    /// Where the sum starts.
    #[param(default = 100)]
    start: i64,
    reading: Reading<'a>,
) -> (&'a str, i64) {
    tally.add(reading.value);
    (reading.sensor, tally.sum)
}

#[stage]
fn from_text(
    #[state(init = Tally::parse(&start))] tally: &Tally,
    #[param(default = "5", len = 1..4)] start: String,
    n: i64,
) -> i64 {
    tally.sum + n
}

#[allow(unreachable_pub, reason = "the stage is as visible as can be")]
mod visible {
    use millstream::prelude::*;

    #[derive(PartialEq)]
    struct Hidden(u32);

    /// A public stage whose finish is private. Only the finish reads `least`.
    #[stage(finish = done)]
    pub fn largest(#[state] best: &mut u32, #[param(default = 3)] least: u32, n: &u32) {
        *best = (*best).max(*n);
    }

    #[finish]
    fn done(best: u32, #[param] least: u32) -> u32 {
        best.max(least)
    }

    /// A private stage whose finish gives a private type.
    #[stage(finish = hide)]
    fn hidden(#[state] sum: &mut u32, n: &u32) {
        *sum += n;
    }

    #[finish]
    fn hide(sum: u32) -> Hidden {
        Hidden(sum)
    }

    #[test]
    fn finish_may_be_less_visible_than_its_stage() {
        let report = pipeline!(from_iter([1_u32, 2]) | largest | collect()).run().unwrap();
        assert_eq!(report.output, [3]);
        let report = pipeline!(from_iter([1_u32, 2]) | hidden | map(|sum| sum == Hidden(3)) | collect()).run().unwrap();
        assert_eq!(report.output, [true]);
    }
}

#[stage(finish = all_of_it)]
fn summary(#[state] tally: &mut Tally, reading: &Reading<'_>) {
    tally.add(reading.value);
}

#[finish]
fn all_of_it(tally: Tally) -> Option<(u32, i64)> {
    (tally.count > 0).then_some((tally.count, tally.sum))
}

#[stage(finish = of_sensor)]
fn per_sensor(
    #[state] tally: &mut Tally,
    #[state] values: &mut Vec<i64>,
    #[param] above: i64,
    #[param(default = 2)] r#type: u8,
    reading: Reading<'_>,
) {
    let _ = r#type;
    if reading.value > above {
        tally.add(reading.value);
        values.push(reading.value);
    }
}

#[finish]
fn of_sensor(
    sensor: &str,
    tally: Tally,
    values: Vec<i64>,
    #[param] above: i64,
    #[param] r#type: u8,
) -> impl Iterator<Item = String> {
    let sum = format!("{sensor} {} over {above} ({})", tally.sum, r#type);
    values.into_iter().map(|value| value.to_string()).chain([sum])
}

/// Emits the largest of every two, and the one left over.
#[stage(finish = left_over)]
fn pairs(#[state] last: &mut Option<u32>, n: u32) -> Option<u32> {
    if let Some(last) = last.take() {
        Some(last.max(n))
    } else {
        *last = Some(n);
        None
    }
}

#[finish]
fn left_over(last: Option<u32>) -> Option<u32> {
    last
}

#[stage(finish = count_of)]
fn count_ok(#[state] count: &mut usize, text: &str) -> Result<(), std::num::ParseIntError> {
    text.parse::<u8>()?;
    *count += 1;
    Ok(())
}

#[finish]
fn count_of(count: usize) -> usize {
    count
}

#[stage]
fn shout(#[state] lines: &mut Vec<String>, line: String) {
    lines.push(line);
}

#[stage]
fn store(#[state] lines: &mut Vec<u8>, line: &[u8; 2]) -> std::io::Result<()> {
    std::io::Write::write_all(lines, line)
}

#[stage]
fn only_full(#[param(default = 2)] room: usize, #[state] lines: &mut Vec<String>, line: String) -> Result<(), String> {
    if lines.len() == room {
        return Err(line);
    }
    lines.push(line);
    Ok(())
}

type Parsed<T> = Result<T, std::num::ParseIntError>;
type Perhaps<T> = Option<T>;

#[stage(fallible)]
fn hidden(text: &str) -> Parsed<u32> {
    text.parse()
}

#[stage(fallible)]
fn perhaps(n: u32) -> Perhaps<u32> {
    n.checked_sub(1)
}

#[stage]
fn via_alias(text: &str) -> millstream::Result<u32> {
    Ok(text.parse()?)
}

/// Hands on everything twice.
#[derive(Debug)]
struct Twice;

/// Says it twice.
#[stage]
impl<T: Clone> Stage<T> for Twice {
    type Out = T;

    fn process(&mut self, item: T, mut out: impl FnMut(T) -> Flow) -> Result<Flow, Rejected<Never, T>> {
        if out(item.clone()).is_break() {
            return Ok(Flow::Break(()));
        }
        Ok(out(item))
    }
}

#[test]
fn a_value_maps() {
    assert_eq!(drive(made!(double), [1, 2]), ["out 2", "out 4"]);
    assert_eq!(drive(made!(total), [(1, 2)]), ["out 3"]);
    assert_eq!(drive(made!(name), [reading("a", 1)]), ["out \"a\""]);
    assert_eq!(drive(made!(name), [&reading("a", 1)]), ["out \"a\""]);
    assert_eq!(drive(made!(borrow_value), [&reading("a", 1)]), ["out 1"]);
}

#[test]
fn an_option_filters() {
    assert_eq!(drive(made!(half), [1, 2]), ["out 1"]);
}

#[test]
fn a_result_rejects_and_gives_back_what_it_has() {
    let lost = "rejected ParseIntError { kind: InvalidDigit }, back None";
    let back = "rejected ParseIntError { kind: InvalidDigit }, back Some(\"x\")";
    assert_eq!(drive(made!(parse), ["1", "x"]), ["out 1", back]);
    assert_eq!(drive(made!(parse_some), ["1", "", "x"].map(String::from)), ["out 1", lost]);
    assert_eq!(drive(made!(via_alias), ["1", "x"])[0], "out 1");
    assert_eq!(drive(made!(hidden), ["1", "x"]), ["out 1", back]);
    assert_eq!(drive(made!(perhaps), [0, 1]), ["out 0"]);
}

#[test]
fn an_iterator_expands() {
    assert_eq!(drive(made!(words), ["a b", "c"]), ["out \"a\"", "out \"b\"", "out \"c\""]);
    assert_eq!(
        drive(made!(digits), ["123", "?"].map(String::from)),
        ["out 3", "out 2", "out 1", "rejected ParseIntError { kind: InvalidDigit }, back None"]
    );
    let mut seen = 0;
    let flow = made!(words).process("a b c", |_| {
        seen += 1;
        if seen == 2 { Flow::Break(()) } else { Flow::Continue(()) }
    });
    assert!(matches!((flow, seen), (Ok(Flow::Break(())), 2)), "stops asking once no more is wanted");
}

#[test]
fn a_borrow_passes_on() {
    let items = || [reading("a", 10), reading("b", 11)];
    let b = "out Reading { sensor: \"b\", value: 11 }";
    assert_eq!(drive(made!(high), items()), [b]);
    assert_eq!(drive(made!(high), &items()), [b]);
    assert_eq!(drive(made!(high.limit(11)), items()), Log::new());
    assert_eq!(drive(made!(valid), [reading("b", 11), reading("c", 1)]), [b]);
    assert_eq!(
        drive(made!(valid), [reading("c", -1)]),
        ["rejected \"-1 is negative\", back Some(Reading { sensor: \"c\", value: -1 })"]
    );
    let mut stage = made!(peek);
    assert_eq!(feed(&mut stage, items()).len(), 2);
    assert_eq!(feed(&mut stage, &items()).len(), 2);
    assert_eq!(stage.seen, [10, 11, 10, 11]);
}

#[test]
fn an_update_passes_on() {
    assert_eq!(drive(made!(bump), [reading("a", 1)]), ["out Reading { sensor: \"a\", value: 2 }"]);
    assert_eq!(
        drive(made!(checked_bump), [reading("a", 1), reading("b", i64::MAX)]),
        ["out Reading { sensor: \"a\", value: 2 }", "rejected \"overflow\", back None"]
    );
}

#[test]
fn nothing_ends_the_chain() {
    let mut stage = made!(shout);
    assert!(matches!(Sink::write(&mut stage, "a".to_owned()), Ok(Flow::Continue(()))));
    assert_eq!(stage.lines, ["a"]);
    assert!(Sink::<String>::close(stage).is_ok_and(|closed| closed.commit.is_none()));

    let mut stage = made!(only_full.room(1));
    assert!(Sink::write(&mut stage, "a".to_owned()).is_ok());
    assert_eq!(Sink::write(&mut stage, "b".to_owned()), Err("b".to_owned()));
    assert_eq!(<only_full as Stage<String>>::KIND, Kind::Sink);

    assert_eq!(drive(made!(store), [*b"ab"]), ["out [97, 98]"], "a look, as the item is borrowed");
}

#[test]
fn state_starts_from_parameters() {
    let items = || [reading("a", 1), reading("b", 2)];
    assert_eq!(drive(made!(running), items()), ["out (\"a\", 101)", "out (\"b\", 103)"]);
    assert_eq!(drive(made!(running.start(0)), items()), ["out (\"a\", 1)", "out (\"b\", 3)"]);
    assert_eq!(drive(made!(from_text.start("7")), [1]), ["out 8"]);
}

#[test]
fn renewing_starts_anew_with_the_same_parameters() {
    let mut first = made!(running.start(10));
    feed(&mut first, [reading("a", 5)]);
    let mut second = first.renew().unwrap();
    assert_eq!(feed(&mut second, [reading("a", 1)]), ["out (\"a\", 11)"]);
    assert_eq!(feed(&mut first, [reading("a", 1)]), ["out (\"a\", 16)"]);
}

#[test]
fn finish_emits_at_the_end() {
    assert_eq!(drive(made!(summary), [reading("a", 1), reading("b", 2)]), ["last (2, 3)"]);
    assert_eq!(drive(made!(summary), &[reading("a", 1)]), ["last (1, 1)"]);
    assert_eq!(drive(made!(summary), [] as [Reading<'_>; 0]), Log::new());
    assert_eq!(drive(made!(pairs), [1, 3, 2]), ["out 3", "last 2"]);
    assert_eq!(
        drive(made!(count_ok), ["1", "x"]),
        ["rejected ParseIntError { kind: InvalidDigit }, back Some(\"x\")", "last 1"]
    );
}

#[test]
fn finish_sees_its_key_and_parameters() {
    let mut stage = made!(per_sensor.above(1).r#type(7));
    assert_eq!(feed(&mut stage, [reading("a", 1), reading("a", 2), reading("a", 3)]), Log::new());
    let mut log = Log::new();
    let done = Stage::<Reading<'_>>::finish(stage, "a", |out| {
        log.push(out);
        Flow::Continue(())
    });
    assert!(matches!(done, Ok(Flow::Continue(()))));
    assert_eq!(log, ["2", "3", "a 5 over 1 (7)"]);
}

#[test]
fn by_hand() {
    assert_eq!(drive(Twice, [1]), ["out 1", "out 1"]);
    let described = Twice::DESCRIPTOR;
    assert_eq!(
        (described.name, described.docs, described.input, described.output, described.kind),
        ("Twice", "Says it twice.", "T", "T", Kind::Expand)
    );
}

#[test]
fn a_stage_is_still_a_function() {
    assert_eq!(double(2), 4);
    assert_eq!(parse("7"), Ok(7));
    assert!(!high(1, &reading("a", 1)));
    assert_eq!(all_of_it(Tally { count: 1, sum: 2 }), Some((1, 2)));
    let mut tally = Tally::default();
    assert_eq!(running(&mut tally, 0, reading("a", 3)), ("a", 3));
    let lines: Vec<u32> = [1, 2].into_iter().map(double).collect();
    assert_eq!(lines, [2, 4]);
}

#[test]
fn a_stage_holds_its_parameters_and_state_and_no_more() {
    use std::mem::size_of;
    const { assert!(size_of::<double>() == 0) };
    const { assert!(size_of::<high>() == size_of::<i64>()) };
    const { assert!(size_of::<running>() == size_of::<(Tally, i64)>()) };
    const { assert!(size_of::<summary>() == size_of::<Tally>()) };
}

#[test]
fn kinds() {
    assert_eq!(<double as Stage<u32>>::KIND, Kind::Map);
    assert_eq!(<half as Stage<u32>>::KIND, Kind::Filter);
    assert_eq!(<words as Stage<&str>>::KIND, Kind::Expand);
    assert_eq!(<high as Stage<Reading<'_>>>::KIND, Kind::Filter);
    assert_eq!(<bump as Stage<Reading<'_>>>::KIND, Kind::Map);
    assert_eq!(<summary as Stage<Reading<'_>>>::KIND, Kind::Expand);
    assert_eq!(<pairs as Stage<u32>>::KIND, Kind::Expand);
    assert_eq!(<hidden as Stage<&str>>::KIND, Kind::Map);
    assert_eq!(<perhaps as Stage<u32>>::KIND, Kind::Filter);
    const { assert!(<double as Stage<u32>>::STATELESS) };
    const { assert!(!<pairs as Stage<u32>>::STATELESS) };
}

#[test]
fn the_builder_checks() {
    let error = high::builder().limit(101).build().err().unwrap();
    assert_eq!(
        (error.stage(), error.param(), error.range(), error.value()),
        ("high", Some("limit"), Some("-5..=100"), Some("101"))
    );
    assert_eq!(error.to_string(), "`limit` of `high` must be in -5..=100, got 101");

    let error = from_text::builder().start("12345").build().err().unwrap();
    assert_eq!(error.to_string(), "the length of `start` of `from_text` must be in 1..4, got 5");

    let error = from_text::builder().start("x").build().err().unwrap();
    assert_eq!(error.to_string(), "`from_text` cannot start: invalid digit found in string");
    assert!(std::error::Error::source(&error).is_some());
}

#[stage]
fn scaled(#[param(default = 1.0, range = 0.0..)] by: f64, x: f64) -> f64 {
    x * by
}

#[test]
fn a_float_with_a_range_is_finite() {
    let wrong = |by| scaled::builder().by(by).build().err().map(|error: ParamError| error.to_string());
    assert_eq!(wrong(0.5), None);
    assert_eq!(wrong(-0.5).as_deref(), Some("`by` of `scaled` must be in 0.0.., got -0.5"));
    assert_eq!(wrong(f64::NAN).as_deref(), Some("`by` of `scaled` must be in 0.0.., got NaN"));
    assert_eq!(wrong(f64::INFINITY).as_deref(), Some("`by` of `scaled` must be in 0.0.., got inf"));
}

const _: () = <high>::__check_limit(&7);
const _: () = <scaled>::__check_by(&0.0);
const _: () = <from_text>::__check_start(&"abc");
const _: () = <bump>::__check_by(&1);

#[test]
fn the_descriptor_says_what_was_written() {
    let described = running::DESCRIPTOR;
    assert_eq!((described.name, described.module), ("running", module_path!()));
    assert_eq!(described.docs, "Adds up, and hands on the sum so far.");
    assert_eq!((described.input, described.output, described.kind), ("Reading<'a>", "(&'a str, i64)", Kind::Map));
    let [start] = described.params else { panic!("one parameter") };
    assert_eq!((start.name, start.ty, start.docs), ("start", "i64", "Where the sum starts."));
    assert_eq!((start.default, start.range), (Some("100"), None));

    let source = include_str!("stage.rs");
    let line = source.lines().nth(described.line as usize - 1).unwrap();
    assert!(line[described.column as usize - 1..].starts_with("running<'a>("), "{line}");
    assert_eq!(described.file, file!());

    assert_eq!(high::DESCRIPTOR.params[0].range, Some("-5..=100"));
    assert_eq!((peek::DESCRIPTOR.input, peek::DESCRIPTOR.output), ("Reading<'_>", "Reading<'_>"));
    assert_eq!(per_sensor::DESCRIPTOR.params[1].name, "r#type");
}
