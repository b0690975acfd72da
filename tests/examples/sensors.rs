//! The example `sensors`, as its user runs it: files in, files, a table and an exit code out.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use super::program;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program("sensors"));

/// A directory with inputs, and one for the results.
struct Place {
    dir: TempDir,
}

/// What a run left.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Place { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn program(&self) -> Command {
        let mut program = Command::new(&*PROGRAM);
        program.args(["--out".as_ref(), self.path("out").as_os_str()]);
        program
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.program().args(args))
    }

    /// Runs it over a file with these bytes.
    fn run_on(&self, bytes: impl AsRef<[u8]>) -> Ran {
        let file = self.write("pump.csv", bytes);
        Ran::of(self.program().arg(file))
    }

    /// The JSON lines of a result.
    fn lines(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path("out").join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The sensors of the summary with their counts.
    fn counts(&self) -> Vec<(String, u64)> {
        let lines = self.lines("summary.jsonl");
        lines
            .iter()
            .map(|line| (line["sensor"].as_str().unwrap().to_owned(), line["count"].as_u64().unwrap()))
            .collect()
    }

    /// What is in the directory of results, but for the dead letters, which stay.
    fn results(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.path("out")).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_name() != "rejects.jsonl");
        let mut files: Vec<_> = files
            .map(|file| {
                let regular = file.file_type().unwrap().is_file();
                let text = if regular { fs::read_to_string(file.path()).unwrap() } else { String::new() };
                (file.file_name().into_string().unwrap(), text)
            })
            .collect();
        files.sort();
        files
    }
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn succeeds(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self
    }

    /// The run failed with this one line, and printed no table.
    #[track_caller]
    fn fails_with(&self, message: &str) {
        assert_eq!((self.stderr.as_str(), self.code), (format!("Error: {message}\n").as_str(), Some(1)));
        assert_eq!(self.stdout, "");
    }

    /// The numbers behind a label in the table.
    fn row(&self, label: &str) -> Vec<String> {
        let mut rows = self.stdout.lines().map(|line| line.trim_start_matches([' ', '├', '└', '│']).split_whitespace());
        let row = rows.find_map(|mut words| (words.next() == Some(label)).then(|| words.map(String::from).collect()));
        row.unwrap_or_else(|| panic!("no row `{label}` in\n{}", self.stdout))
    }
}

mod the_shipped_data {
    use super::*;

    /// The four anomalous segments that the data set's documentation tells of; see the README beside the data.
    const SEGMENTS: [(&str, &str, usize); 4] = [
        ("2022-03-24T08:00:00", "2022-03-25T01:00:00", 8),
        ("2022-03-29T08:00:00", "2022-03-29T20:00:00", 6),
        ("2022-04-03T06:00:00", "2022-04-03T06:00:00", 1),
        ("2022-04-27T15:00:00", "2022-04-28T06:00:00", 7),
    ];

    #[test]
    fn has_its_four_known_anomalies_found_from_their_first_reading_on() {
        let place = Place::new();
        let ran = place.run(&[]).succeeds();
        let anomalies = place.lines("anomalies.jsonl");
        let times: Vec<&str> = anomalies.iter().map(|line| line["timestamp"].as_str().unwrap()).collect();
        for (from, to, found) in SEGMENTS {
            let inside: Vec<&str> = times.iter().copied().filter(|at| (from..=to).contains(at)).collect();
            assert_eq!((inside.len(), inside[0]), (found, from));
        }
        assert_eq!(anomalies.len(), 24);
        assert_eq!(ran.row("csv"), ["1,268", "1,268"]);
        assert_eq!(ran.row("anomalous"), ["1,268", "24", "1,244"]);
        assert!(ran.stdout.contains("items/s"), "{}", ran.stdout);
    }

    #[test]
    fn is_summed_up() {
        let place = Place::new();
        place.run(&[]).succeeds();
        let summary = place.lines("summary.jsonl");
        assert_eq!(summary.len(), 1);
        assert_eq!((&summary[0]["sensor"], &summary[0]["count"]), (&"water-flow".into(), &1268.into()));
        assert_eq!((&summary[0]["min"], &summary[0]["max"]), (&24.24.into(), &109.68.into()));
        let mean = summary[0]["mean"].as_f64().unwrap();
        assert!((mean - 100.049_597_791_798_1).abs() < 1e-9, "{mean}");
        assert_eq!(place.lines("rejects.jsonl"), Vec::<Value>::new());
    }

    #[test]
    fn has_fewer_anomalies_over_a_higher_threshold_and_others_in_another_window() {
        let place = Place::new();
        place.run(&["--threshold", "10"]).succeeds();
        assert_eq!(place.lines("anomalies.jsonl").len(), 6);
        place.run(&["--window", "24"]).succeeds();
        assert_eq!(place.lines("anomalies.jsonl").len(), 18);
    }
}

mod takes {
    use super::*;

    #[test]
    fn files_with_a_column_for_the_sensor_in_any_order() {
        let place = Place::new();
        let ran = place.run_on(
            "sensor,value,timestamp\nb,1,2024-01-01 00:00:00\na,2,2024-01-01 00:00:00\nb,3,2024-01-01 00:01:00\n",
        );
        ran.succeeds();
        assert_eq!(place.counts(), [("b".into(), 2), ("a".into(), 1)]);
    }

    #[test]
    fn files_without_one_whose_name_is_the_sensor_s() {
        let place = Place::new();
        place.run_on("timestamp,value\n2024-01-01 00:00:00,1\n").succeeds();
        assert_eq!(place.counts(), [("pump".into(), 1)]);
    }

    #[test]
    fn rows_whose_sensor_is_left_empty() {
        let place = Place::new();
        place.run_on("timestamp,sensor,value\n2024-01-01 00:00:00,,1\n2024-01-01 00:00:00,a,1\n").succeeds();
        assert_eq!(place.counts(), [("pump".into(), 1), ("a".into(), 1)]);
    }

    #[test]
    fn standard_input() {
        let place = Place::new();
        let file = place.write("pump.csv", "timestamp,sensor,value\n2024-01-01 00:00:00,a,1\n");
        let ran = place.program().arg("-").stdin(fs::File::open(file).unwrap()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        assert_eq!(place.counts(), [("a".into(), 1)]);
        assert!(String::from_utf8(ran.stdout).unwrap().contains("standard input: 1 item"));
    }

    #[test]
    fn a_header_alone() {
        let place = Place::new();
        let ran = place.run_on("timestamp,value\n").succeeds();
        assert_eq!(ran.row("csv"), ["0", "0"]);
        assert_eq!(
            place.results(),
            [("anomalies.jsonl".into(), String::new()), ("summary.jsonl".into(), String::new())]
        );
    }

    #[test]
    fn line_ends_byte_order_marks_and_quotes_of_other_systems() {
        let place = Place::new();
        place.run_on("\u{feff}timestamp,sensor,value\r\n2024-01-01 00:00:00,\"a\r\nb\",1\r\n").succeeds();
        assert_eq!(place.counts(), [("a\r\nb".into(), 1)]);
    }

    #[test]
    fn readings_without_spread_which_have_no_score() {
        let place = Place::new();
        let rows: Vec<_> = (0..60).map(|minute| format!("2024-01-01 00:{minute:02}:00,5\n")).collect();
        place.run_on(format!("timestamp,value\n{}", rows.concat())).succeeds();
        assert_eq!(place.lines("anomalies.jsonl"), Vec::<Value>::new());
        assert_eq!(place.counts(), [("pump".into(), 60)]);
    }
}

mod rejects {
    use super::*;

    /// Runs it over a file whose third row is `bad`, and gives the letter about that row.
    fn letter(bad: &[u8]) -> Value {
        let place = Place::new();
        let mut file = b"timestamp,sensor,value\n2024-01-01 00:00:00,a,1\n2024-01-01 00:01:00,a,2\n".to_vec();
        file.extend_from_slice(bad);
        file.extend_from_slice(b"\n2024-01-01 00:03:00,a,3\n");
        let ran = place.run_on(&file).succeeds();
        assert_eq!(place.counts(), [("a".into(), 3)], "the rows around a bad one are read");
        assert_eq!(ran.row("csv"), ["4", "3", "1"]);
        assert!(ran.stdout.contains("rejects.jsonl: 1 dead letter\n"), "{}", ran.stdout);
        let mut letters = place.lines("rejects.jsonl");
        let letter = letters.pop().unwrap();
        assert_eq!(letters, Vec::<Value>::new());
        assert_eq!(letter["position"]["item"], 3);
        assert_eq!(letter["position"]["line"], 4);
        assert_eq!(letter["position"]["byte"], 71);
        assert_eq!((&letter["stage"], &letter["source"]), (&"csv".into(), &place.path("pump.csv").to_str().into()));
        letter
    }

    #[track_caller]
    fn says(bad: &str, error: &str) {
        let letter = letter(bad.as_bytes());
        assert_eq!((&letter["error"][0], &letter["raw"]), (&error.into(), &bad.into()));
    }

    #[test]
    fn too_few_fields() {
        says("2024-01-01 00:02:00,a", "2 fields where the header has 3: nothing for `value`");
    }

    #[test]
    fn too_many_fields() {
        says("2024-01-01 00:02:00,a,1,2", "4 fields where the header has 3: `timestamp`, `sensor` and `value`");
    }

    #[test]
    fn a_blank_line() {
        says("", "the line is empty");
    }

    #[test]
    fn what_is_no_number() {
        says("2024-01-01 00:02:00,a,oops", "column `value`: expected a number, read `oops`");
    }

    #[test]
    fn a_number_that_is_missing() {
        says("2024-01-01 00:02:00,a,", "column `value`: expected a number, but it is empty");
    }

    #[test]
    fn a_number_that_does_not_fit() {
        says("2024-01-01 00:02:00,a,1e999", "column `value`: `1e999` is out of range for f64");
    }

    #[test]
    fn numbers_that_are_not_finite() {
        says("2024-01-01 00:02:00,a,NaN", "value must be finite, got NaN");
        says("2024-01-01 00:02:00,a,-inf", "value must be finite, got -inf");
    }

    #[test]
    fn what_is_no_local_time() {
        let expected = "column `timestamp`: expected a local time such as 2014-04-01T00:00:00, read";
        says("2024-01-01,a,1", &format!("{expected} `2024-01-01`: it has no time of day"));
        says(
            "2024-01-01 00:02:00Z,a,1",
            &format!("{expected} `2024-01-01 00:02:00Z`: it has an offset from UTC, which a local time would lose"),
        );
    }

    #[test]
    fn every_wrong_field_of_a_row_at_once() {
        says(
            "soon,a,oops",
            "column `timestamp`: expected a local time such as 2014-04-01T00:00:00, read `soon`: it is no date and time; \
             column `value`: expected a number, read `oops`",
        );
    }

    #[test]
    fn bytes_that_are_not_utf_8_and_keeps_them() {
        let letter = letter(b"2024-01-01 00:02:00,\xff\xfe,1");
        assert_eq!(letter["error"][0], r"column `sensor`: `\xff\xfe` is not UTF-8");
        assert_eq!((&letter["raw"], &letter["raw_base64"]), (&Value::Null, &"MjAyNC0wMS0wMSAwMDowMjowMCz//iwx".into()));
    }

    #[test]
    fn a_quote_that_is_never_closed_with_all_that_it_swallowed() {
        let place = Place::new();
        let bad = "2024-01-01 00:01:00,\"a,2\n2024-01-01 00:02:00,a,3\n";
        let ran = place.run_on(format!("timestamp,sensor,value\n2024-01-01 00:00:00,a,1\n{bad}")).succeeds();
        assert_eq!(ran.row("csv"), ["2", "1", "1"]);
        let letters = place.lines("rejects.jsonl");
        let why =
            "the quote opened at line 3, column 21 is never closed: it takes in all up to the end of the file, 2 lines";
        assert_eq!(letters[0]["error"][0], why);
        assert_eq!(letters[0]["raw"], bad);
    }

    #[test]
    fn are_appended_to_those_of_earlier_runs() {
        let place = Place::new();
        for letters in 1..=2 {
            place.run_on("timestamp,value\nsoon,1\n").succeeds();
            assert_eq!(place.lines("rejects.jsonl").len(), letters);
        }
    }
}

mod fails {
    use super::*;

    /// Runs it where an earlier run has left results; a run that fails must leave them as they are.
    struct Before {
        place: Place,
        results: Vec<(String, String)>,
    }

    impl Before {
        fn new() -> Self {
            let place = Place::new();
            place.run_on("timestamp,value\n2024-01-01 00:00:00,1\n").succeeds();
            let results = place.results();
            assert_eq!(results.len(), 2);
            Before { place, results }
        }

        #[track_caller]
        fn run_on(&self, name: &str, bytes: impl AsRef<[u8]>, message: &str) {
            let file = self.place.write(name, bytes);
            self.run(&file, message);
        }

        #[track_caller]
        fn run(&self, file: &Path, message: &str) {
            let ran = Ran::of(self.place.program().arg(file));
            ran.fails_with(&message.replace("FILE", file.to_str().unwrap()));
            assert_eq!(self.place.results(), self.results);
        }
    }

    #[test]
    fn without_the_file() {
        let before = Before::new();
        before.run(
            &before.place.path("nowhere.csv"),
            "stage `csv`: cannot open FILE: No such file or directory (os error 2)",
        );
    }

    #[test]
    fn on_a_directory() {
        let before = Before::new();
        before.run(before.place.dir.path(), "stage `csv`: cannot read FILE: it is a directory");
    }

    #[test]
    fn on_an_empty_file() {
        Before::new().run_on("empty.csv", "", "stage `csv`: FILE is empty: it has no header");
    }

    #[test]
    fn on_columns_that_are_missing_unknown_or_there_twice() {
        let before = Before::new();
        before.run_on("a.csv", "timestamp\n", "stage `csv`: the header of FILE does not fit `Row`: no column `value`");
        before.run_on(
            "b.csv",
            "timestamp,value,value\n",
            "stage `csv`: the header of FILE does not fit `Row`: column 3 is a second `value`",
        );
        before.run_on(
            "c.csv",
            "timestamp,vlaue,colour\n",
            "stage `csv`: the header of FILE does not fit `Row`: no column `value`; unknown column `vlaue`, did you mean \
             `value`?; unknown column `colour` (`extra = \"ignore\"` on the record skips such columns)",
        );
    }

    #[test]
    fn on_a_line_without_an_end() {
        let mut bytes = b"timestamp,value\n2024-01-01 00:00:00,".to_vec();
        bytes.resize(bytes.len() + (16 << 20), b'1');
        Before::new().run_on(
            "long.csv",
            bytes,
            "stage `csv` at item 1 of FILE: line 2 of FILE is longer than 16777216 bytes; `max_line` sets the limit",
        );
    }

    #[test]
    fn on_parameters_out_of_their_range() {
        let before = Before::new();
        let fails = |args: &[&str], message: &str| {
            before.place.run(args).fails_with(message);
            assert_eq!(before.place.results(), before.results);
        };
        fails(&["--window", "1"], "stage `zscore`: `window` of `zscore` must be in 2.., got 1");
        fails(&["--threshold=-1"], "stage `anomalous`: `threshold` of `anomalous` must be in 0.0.., got -1.0");
        fails(&["--threshold=NaN"], "stage `anomalous`: `threshold` of `anomalous` must be in 0.0.., got NaN");
    }

    #[test]
    fn on_arguments_that_it_does_not_know_with_another_code() {
        let place = Place::new();
        let ran = place.run(&["--widnow", "3"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.contains("--window"), "{}", ran.stderr);
        assert!(!place.path("out").exists(), "nothing is written");
    }

    #[test]
    fn where_a_result_cannot_be_written_and_writes_no_other() {
        let place = Place::new();
        fs::create_dir_all(place.path("out/summary.jsonl")).unwrap();
        let target = place.path("out/summary.jsonl");
        let ran = place.run_on("timestamp,value\n2024-01-01 00:00:00,1\n");
        ran.fails_with(&format!("stage `json_lines#2`: cannot open {}: it is a directory", target.display()));
        assert_eq!(place.results(), [("summary.jsonl".into(), String::new())]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_a_full_disk_and_leaves_the_other_results_as_they_were() {
        let before = Before::new();
        let target = before.place.path("out/anomalies.jsonl");
        fs::remove_file(&target).unwrap();
        std::os::unix::fs::symlink("/dev/full", &target).unwrap();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sensors/water-flow.csv");
        let ran = before.place.run(&[file]);
        let error = format!("cannot write {}: No space left on device (os error 28)", target.display());
        ran.fails_with(&format!("stage `json_lines`: {error}"));
        assert_eq!(before.place.results()[1], before.results[1]);
        assert_eq!(before.place.results().len(), 2, "no file beside it stays");
    }
}

#[test]
fn ends_quietly_when_nobody_reads_its_table() {
    let place = Place::new();
    let mut child =
        place.program().arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It cannot have printed anything before its input ends.
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"timestamp,value\n2024-01-01 00:00:00,1\n").unwrap();
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(place.lines("summary.jsonl").len(), 1, "the results are there all the same");
}
