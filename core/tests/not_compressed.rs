//! Without the features a compressed file is refused.
#![cfg(not(any(feature = "gzip", feature = "zstd")))]

mod common;

use std::fs;

use common::Named;
use millstream_core::io::{csv, json_lines, lines};
use millstream_core::sink::Sink;
use millstream_core::source::Source;

#[test]
fn what_this_build_cannot_read_is_neither_read_nor_written_as_text() {
    let dir = tempfile::tempdir().unwrap();
    for (end, feature) in [("gz", "gzip"), ("zst", "zstd")] {
        let path = dir.path().join(format!("a.csv.{end}"));
        fs::write(&path, "name\nann\n").unwrap();
        let why = format!(
            "{}: its name says {feature}, which this program was built without; add the feature `{feature}` of `millstream`",
            path.display()
        );
        assert_eq!(lines::source(&path).open().unwrap_err().to_string(), format!("cannot read {why}"));
        assert_eq!(csv::source::<Named>(&path).open().unwrap_err().to_string(), format!("cannot read {why}"));
        let error = Sink::<Named>::open(&mut json_lines::sink(&path)).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot open {why}"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "name\nann\n");
    }
}
