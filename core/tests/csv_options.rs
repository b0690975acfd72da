//! The options of `csv::source` and `csv::sink`.

mod common;

use std::fs;

use common::{Named, Reading, Trickle};
use millstream_core::io::csv::{self, CsvSource};
use millstream_core::sink::Sink;
use millstream_core::source::Source;
use serde::Serialize;

#[allow(clippy::needless_pass_by_value, reason = "called with what a source gives")]
fn show(reading: Reading<'_>) -> String {
    format!("{} {} {} {:?}", reading.at, reading.sensor, reading.celsius, reading.note)
}

/// The log of a text under options, which must not depend on how it is cut into reads.
fn read<'t>(
    text: &'t str,
    options: impl Fn(CsvSource<Reading<'static>, Trickle<'t>>) -> CsvSource<Reading<'static>, Trickle<'t>>,
) -> Vec<String> {
    let read = |at_a_time| {
        let source = csv::from_reader::<Reading<'_>, _>("in.csv", Trickle { text: text.as_bytes(), at_a_time });
        log!(options(source), show)
    };
    let whole = read(1000);
    for at_a_time in [1, 2, 3] {
        assert_eq!(read(at_a_time), whole);
    }
    whole
}

#[test]
fn another_delimiter_and_another_quote() {
    let text = "at;sensor;celsius\nt;'a;b''c';1\nt;\"a\";2\n";
    assert_eq!(
        read(text, |source| source.delimiter(';').quote('\'')),
        ["1:2:18 t a;b'c 1 None <t;'a;b''c';1>", "2:3:31 t \"a\" 2 None <t;\"a\";2>"]
    );
    assert_eq!(
        read("at\tsensor\tcelsius\nt\t \t3\n", |source| source.delimiter(b'\t')),
        ["1:2:18 t   3 None <t\t \t3>"]
    );
}

#[test]
fn a_file_without_a_header() {
    let columns = ["sensor", "celsius", "at"];
    assert_eq!(
        read("\u{feff}a,1,t\n\nb,2\nc,3,u\n", |source| source.header(false).columns(columns)),
        [
            "1:1:3 t a 1 None <a,1,t>",
            "2:2:9 reject: the line is empty <>",
            "3:3:10 reject: 2 fields where `columns` has 3: nothing for `at` <b,2>",
            "4:4:14 u c 3 None <c,3,u>",
        ]
    );
    assert_eq!(read("", |source| source.header(false).columns(columns)), [""; 0]);
    assert_eq!(
        read("a\n", |source| source.header(false).columns(["sensor", "celsius", "att", "at"])),
        [
            "open: `columns` for in.csv do not fit `Reading`: unknown column `att` (`extra = \"ignore\"` on the record skips such \
          columns)"
        ]
    );
}

#[test]
fn a_header_with_other_names() {
    let text = "The Time,Sensor,celsius\nt,a,1\n";
    let rename = [("The Time", "at"), ("Sensor", "sensor")];
    assert_eq!(read(text, |source| source.rename(rename)), ["1:2:24 t a 1 None <t,a,1>"]);
    let wrong = |rename: &'static [(&str, &str)]| read(text, move |source| source.rename(rename.iter().copied())).pop();
    let problem = |text: &str| Some(format!("open: the header of in.csv does not fit `Reading`: {text}"));
    assert_eq!(
        wrong(&[("The Tim", "at"), ("When", "sensor")]),
        problem(
            "`rename` names a column `The Tim` that is not there, did you mean `The Time`?; `rename` names a column `When` \
             that is not there; the header has `The Time`, `Sensor` and `celsius`"
        )
    );
    assert_eq!(wrong(&[("Sensor", "at"), ("Sensor", "sensor")]), problem("`rename` names `Sensor` twice"));
    assert_eq!(
        wrong(&[("Sensor", "sensor"), ("The Time", "celsius")]),
        problem("no column `at`; column 3 is a second `celsius`")
    );
    assert_eq!(
        wrong(&[("Sensor", "sensor"), ("The Time", "att")]),
        problem("no column `at`; unknown column `att`, did you mean `at`?")
    );
}

#[test]
fn names_may_be_swapped() {
    let text = "sensor,at,celsius\nt,a,1\n";
    let swapped = read(text, |source| source.rename([("sensor", "at"), ("at", "sensor")]));
    assert_eq!(swapped, ["1:2:18 t a 1 None <t,a,1>"]);
}

#[test]
fn options_that_cannot_be_right_fail_before_anything_is_opened() {
    let error = |source: CsvSource<Named>| {
        let mut source = source;
        let error = source.open().unwrap_err().to_string();
        assert_eq!(source.checked().err().map(|error| error.to_string()), Some(error.clone()));
        error
    };
    let missing = || csv::source::<Named>("there/is/no/such.csv");
    assert_eq!(error(missing().delimiter('→')), "`delimiter` must be one ASCII character, got `→`");
    assert_eq!(error(missing().delimiter(0xE9)), "`delimiter` must be one ASCII character, got `é`");
    assert_eq!(error(missing().quote('\n')), "`quote` cannot be `\\n`, which ends a row");
    assert_eq!(error(missing().delimiter('.')), "`delimiter` cannot be `.`, which stands in numbers and names");
    assert_eq!(error(missing().delimiter('"')), "`delimiter` and `quote` are both `\\\"`");
    assert!(error(missing().header(false)).starts_with("a file without a header needs names"));
    assert!(error(missing().columns(["name"])).starts_with("`columns` names the columns of a file without a header"));
    let both = missing().header(false).columns(["a"]).rename([("a", "name")]);
    assert!(error(both).starts_with("`rename` is for the names in a header"));

    let sink = csv::sink("there/is/no/such.csv").delimiter('7');
    assert_eq!(sink.checked().unwrap_err().to_string(), "`delimiter` cannot be `7`, which stands in numbers and names");
    let error = Sink::<Named>::open(&mut csv::sink("there/is/no/such.csv").quote(',')).unwrap_err();
    assert_eq!(error.to_string(), "`delimiter` and `quote` are both `,`");
}

/// What a sink of CSV with options makes of items.
fn written<T: Serialize>(options: impl FnOnce(csv::Csv) -> csv::Csv, items: impl IntoIterator<Item = T>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.csv");
    let mut sink = options(csv::sink(&path));
    Sink::<T>::open(&mut sink).unwrap();
    for item in items {
        let _ = sink.write(item).unwrap();
    }
    let mut commit = Sink::<T>::close(sink).unwrap().commit.unwrap();
    commit.sync().unwrap();
    commit.publish().unwrap();
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_sink_of_another_dialect() {
    let reading = |sensor| Reading { at: "t\"", sensor, celsius: 1.5, note: Some("x,y") };
    assert_eq!(
        written(|sink| sink.delimiter(';').quote('\''), [reading("a;b"), reading("it's")]),
        "at;sensor;celsius;note\nt\";'a;b';1.5;x,y\nt\";'it''s';1.5;x,y\n"
    );
    assert_eq!(written(|sink| sink.quote('\''), [""]), "''\n");
}

#[test]
fn a_sink_without_a_header() {
    let name = |name: &str| Named { name: name.to_owned() };
    assert_eq!(written(|sink| sink.header(false), [name("a"), name("b")]), "a\nb\n");
    assert_eq!(written(|sink| sink.header(false).columns_of::<Named>(), Vec::<Named>::new()), "");
    assert_eq!(written(csv::Csv::columns_of::<Named>, Vec::<Named>::new()), "name\n");
}

#[test]
fn what_a_sink_writes_a_source_with_the_same_options_reads() {
    let sensors = [";", "'", "''", "a\nb", "\r", "\u{feff}", "", ",", "\""];
    let readings = sensors.map(|sensor| Reading { at: "", sensor, celsius: -0.5, note: Some("") });
    let text = written(|sink| sink.header(false).delimiter(';').quote('\''), readings);
    let source = csv::from_reader::<Reading<'_>, _>("in.csv", text.as_bytes()).header(false).delimiter(';').quote('\'');
    let mut source = source.columns(["at", "sensor", "celsius", "note"]);
    source.open().unwrap();
    for sensor in sensors {
        let (item, _) = source.next().unwrap().unwrap();
        assert_eq!(item.unwrap(), Reading { at: "", sensor, celsius: -0.5, note: Some("") });
    }
    assert!(source.next().unwrap().is_none());
}

#[test]
fn keys_of_a_map_are_names_also_when_they_need_quotes() {
    let row = |n: u32| std::collections::BTreeMap::from([("a,b", n), ("c\"d", n), ("e", n), ("f;g", n)]);
    assert_eq!(written(|sink| sink, [row(1), row(2)]), "\"a,b\",\"c\"\"d\",e,f;g\n1,1,1,1\n2,2,2,2\n");
    assert_eq!(written(|sink| sink.delimiter(';'), [row(1)]), "a,b;\"c\"\"d\";e;\"f;g\"\n1;1;1;1\n");
}
