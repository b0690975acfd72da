//! `Short` and `Symbol` as fields, keys and items of sinks; `CivilTime` wherever a `Timestamp` is.

use std::collections::BTreeMap;
use std::fs;

use millstream::prelude::*;
use millstream::record::{FromJson, FromRow, Scratch};

#[path = "support/records.rs"]
mod records;

use records::{cells, json_error, row_error};

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Sale {
    #[field(len = 1..=8, pattern = "^P")]
    product: Short,
    #[key]
    #[field(one_of = ["north", "south"], default = "north")]
    region: Symbol,
    note: Option<Short>,
}

#[test]
fn read_from_cells_and_json() {
    let expected = Sale { product: "P101".into(), region: "south".into(), note: None };
    assert_eq!(Sale::from_row(&cells(&["P101", "south", ""])).unwrap(), expected);
    let scratch = Scratch::default();
    let text = br#"{"product": "\u0050101", "region": "south"}"#;
    assert_eq!(Sale::from_json(text, &scratch).unwrap(), expected);
    assert_eq!(serde_json::to_string(&expected).unwrap(), r#"{"product":"P101","region":"south","note":null}"#);
    assert_eq!(Sale::from_row(&cells(&["P1", "", "x"])).unwrap().region, "north");
}

#[test]
fn keep_to_the_rules_of_texts() {
    assert_eq!(
        row_error::<Sale>(&cells(&["X12345678", "east", ""])),
        "product must have 1..=8 characters, got 9; product must match \"^P\", got \"X12345678\"; \
         region must be one of \"north\", \"south\", got \"east\""
    );
    assert_eq!(
        json_error::<Sale>(r#"{"product": 5}"#),
        "field `product`: invalid type: integer `5`, expected a string, at column 13"
    );
    let bytes = records::Cells(vec![Some(b"P\xff"), Some(b"north"), None]);
    assert_eq!(row_error::<Sale>(&bytes), "column `product`: `P\\xff` is not UTF-8");
}

#[test]
fn build_from_literals() {
    let sale = Sale::builder().product("P1").region("south").note(Short::from("n")).build().unwrap();
    assert_eq!((&*sale.product, &*sale.region), ("P1", "south"));
    assert!(Sale::builder().product("").region("south").build().is_err());
}

/// Counts the sales of a region.
#[stage(finish = of_region)]
fn sales(#[state] count: &mut u32, _sale: &Sale) {
    *count += 1;
}

#[finish]
fn of_region(region: &str, count: u32) -> Option<(String, u32)> {
    Some((region.to_owned(), count))
}

/// Counts the sales of a product.
#[stage(finish = of_product)]
fn sold(#[state] count: &mut u32, _sale: &Sale) {
    *count += 1;
}

#[finish]
fn of_product(product: &Short, count: u32) -> Option<(Short, u32)> {
    Some((product.clone(), count))
}

fn some_sales() -> Vec<Sale> {
    [("P1", "north"), ("P2", "south"), ("P1", "south"), ("P1", "south")]
        .map(|(product, region)| Sale { product: product.into(), region: region.into(), note: None })
        .to_vec()
}

#[test]
fn are_keys_and_give_their_text_to_finish() {
    let report = pipeline!(from_iter(some_sales()) | sales.keyed(region) | collect()).run().unwrap();
    report.check().unwrap();
    assert_eq!(report.output, [("north".to_owned(), 1), ("south".to_owned(), 3)]);
    let report = pipeline!(from_iter(some_sales()) | sold.keyed(product) | collect()).run().unwrap();
    report.check().unwrap();
    assert_eq!(report.output, [(Short::from("P1"), 3), (Short::from("P2"), 1)]);
}

#[test]
fn are_written_by_both_sinks() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, json) = (folder.path().join("sales.csv"), folder.path().join("sales.jsonl"));
    let report = pipeline!(from_iter(some_sales()) | tee(take(1) | csv(&csv), take(1) | json_lines(&json))).run();
    report.unwrap().check().unwrap();
    assert_eq!(fs::read_to_string(csv).unwrap(), "product,region,note\nP1,north,\n");
    assert_eq!(fs::read_to_string(json).unwrap(), "{\"product\":\"P1\",\"region\":\"north\",\"note\":null}\n");
}

#[test]
fn a_short_text_stays_in_its_record_and_a_symbol_is_one_for_all_records() {
    let row = cells(&["P101", "south", "a note of more than 24 bytes"]);
    let (one, other) = (Sale::from_row(&row).unwrap(), Sale::from_row(&row).unwrap());
    assert!(!one.product.is_on_heap());
    assert!(one.note.as_ref().is_some_and(Short::is_on_heap));
    assert_eq!(one.region.as_ptr(), other.region.as_ptr());
    assert_eq!(one.region.as_ptr(), some_sales()[1].region.as_ptr());
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Shift {
    #[event_time]
    #[key]
    #[field(range = CivilTime::from_micros(0)..)]
    start: CivilTime,
    #[field(default = CivilTime::from_micros(1))]
    end: CivilTime,
    pauses: Vec<CivilTime>,
}

/// Counts the shifts of a start.
#[stage(finish = of_start)]
fn shifts(#[state] count: &mut u32, _shift: &Shift) {
    *count += 1;
}

#[finish]
fn of_start(start: &CivilTime, count: u32) -> Option<(CivilTime, u32)> {
    Some((*start, count))
}

#[test]
fn a_local_time_stands_wherever_a_timestamp_does() {
    let text = r#"{"start":"2014-04-01T00:00:00","end":"2014-04-01T08:00:00","pauses":["2014-04-01T04:00:00.5"]}"#;
    let shift: Shift = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&shift).unwrap(), text);
    assert!(Shift::SCHEMA.fields[0].event_time);
    assert_eq!(
        Shift { start: CivilTime::from_micros(-1), ..shift.clone() }.validate().unwrap_err().to_string(),
        "start must be at least 1970-01-01T00:00:00, got 1969-12-31T23:59:59.999999"
    );
    let start = shift.start;
    let report = pipeline!(from_iter([shift.clone(), shift]) | shifts.keyed(start) | collect()).run().unwrap();
    assert_eq!(report.output, [(start, 2)]);
    let ordered: BTreeMap<CivilTime, u8> = [(start, 1)].into();
    assert_eq!(ordered.get(&start), Some(&1));
}
