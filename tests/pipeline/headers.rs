//! The header of a CSV file that gets no rows.

use std::fs;

use millstream::prelude::*;
use serde::Serialize;

use crate::support::ran;

#[record]
#[derive(Clone)]
struct Reading<'a> {
    #[field(rename = "the sensor")]
    sensor: &'a str,
    celsius: f64,
}

#[derive(Clone, Serialize)]
struct Plain {
    name: String,
}

#[test]
fn a_file_without_rows_has_the_header_of_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let [owned, lent, last] = ["owned", "lent", "last"].map(|name| dir.path().join(name));
    let none = Vec::<Reading<'_>>::new;
    ran(pipeline!(from_iter(none()) | csv(&owned)).run());
    ran(pipeline!(from_iter(none()) | tee(csv(&lent).or_skip(), filter(|_| true) | csv(&last))).run());
    for path in [owned, lent, last] {
        assert_eq!(fs::read_to_string(&path).unwrap(), "the sensor,celsius\n", "{}", path.display());
    }
}

#[test]
fn with_rows_there_is_one_header() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    ran(pipeline!(from_iter([Reading { sensor: "a", celsius: 1.5 }]) | csv(&path)).run());
    assert_eq!(fs::read_to_string(&path).unwrap(), "the sensor,celsius\na,1.5\n");
}

#[test]
fn what_is_no_record_has_no_header_before_its_first_row() {
    fn to_file<T: Serialize>(items: Vec<T>, path: &std::path::Path) -> String {
        ran(pipeline!(from_iter(items) | csv(path)).run());
        fs::read_to_string(path).unwrap()
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    assert_eq!(to_file(Vec::<Plain>::new(), &path), "");
    assert_eq!(to_file(vec![Plain { name: "a".to_owned() }], &path), "name\na\n");
    ran(pipeline!(from_iter(Vec::<Plain>::new()) | tee(csv(&path), discard())).run());
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
    ran(pipeline!(from_iter([(1, 2)]) | csv(&path)).run());
    assert_eq!(fs::read_to_string(&path).unwrap(), "1,2\n");
}
