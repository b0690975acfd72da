//! `Decimal`, the exact number: with the feature `decimal`.

use std::collections::HashMap;
use std::fs;

use millstream::prelude::*;
use millstream::record::{Constraint, Decimal, FromJson, FromRow, Scratch};

#[path = "support/records.rs"]
mod records;

use records::{cells, json_error, row_error};

const LEAST: Decimal = Decimal::from_parts(5, 0, 0, true, 1);

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Price {
    #[key]
    #[field(range = -100.50..=100.50, unit = "dollar")]
    amount: Decimal,
    #[field(range = LEAST.., default = 0)]
    tax: Decimal,
    #[field(one_of = [0, 0.07, 0.19])]
    rate: Option<Decimal>,
    #[field(range = 0.., default, len = ..=3)]
    parts: Vec<Decimal>,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn price(amount: &str) -> Price {
    Price { amount: decimal(amount), tax: Decimal::ZERO, rate: None, parts: Vec::new() }
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Sale {
    product: Symbol,
    #[field(range = 0..)]
    amount: Decimal,
    discount: Option<Decimal>,
}

#[test]
fn a_cell_is_read_digit_by_digit() {
    let sale = Sale::from_row(&cells(&["P1", "129.90", ""])).unwrap();
    assert_eq!(sale.amount.to_string(), "129.90");
    let many = "1234567890.123456789012345678";
    assert_eq!(Sale::from_row(&cells(&["P1", many, "0.1"])).unwrap().amount.to_string(), many);
    let errors = ["", "x", "1,50", "$5", "1e-40", "0.00000000000000000000000000001", "1e30", "-0.01"]
        .map(|cell| row_error::<Sale>(&cells(&["P1", cell, ""])));
    assert_eq!(
        errors,
        [
            "column `amount`: expected a decimal number such as 129.99, but it is empty",
            "column `amount`: expected a decimal number such as 129.99, read `x`",
            "column `amount`: expected a decimal number such as 129.99, read `1,50`",
            "column `amount`: expected a decimal number such as 129.99, read `$5`",
            "column `amount`: it has more digits than a `Decimal` holds, which are 28 after the point, read `1e-40`",
            "column `amount`: it has more digits than a `Decimal` holds, which are 28 after the point, \
             read `0.00000000000000000000000000001`",
            "column `amount`: it is larger than a `Decimal` holds, which is 79228162514264337593543950335, read `1e30`",
            "amount must be at least 0, got -0.01",
        ]
    );
}

#[test]
fn json_numbers_and_strings_are_read_without_a_float() {
    let scratch = Scratch::default();
    // A float would be 0.30000000000000004.
    for text in ["0.30000000000000004441", "\"0.30000000000000004441\"", "\"0\\u002e30000000000000004441\""] {
        let json = format!(r#"{{"amount": {text}, "rate": 0.07, "parts": [0.10, "2", 3e0]}}"#);
        let read = Price::from_json(json.as_bytes(), &scratch).unwrap();
        assert_eq!(read.amount.to_string(), "0.30000000000000004441");
        assert_eq!(read.rate, Some(decimal("0.07")));
        assert_eq!(read.parts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.10", "2", "3"]);
        assert_eq!(serde_json::from_str::<Price>(&json).unwrap(), read);
        assert_eq!(serde_json::from_reader::<_, Price>(json.as_bytes()).unwrap(), read);
    }
    let errors = ["true", "null", "[1]", r#""x""#, "1e-40", "{}", "12x"]
        .map(|text| json_error::<Price>(&format!(r#"{{"amount": {text}}}"#)));
    assert_eq!(
        errors,
        [
            "field `amount`: invalid type: true, expected a decimal number such as 129.99, at column 12",
            "field `amount`: invalid type: null, expected a decimal number such as 129.99, at column 12",
            "field `amount`: invalid type: sequence, expected a decimal number such as 129.99, at column 12",
            "field `amount`: expected a decimal number such as 129.99, read \"x\": it is no decimal number, at column 12",
            "field `amount`: expected a decimal number such as 129.99, read \"1e-40\": it has more digits than a `Decimal` holds, which are 28 after the point, at column 12",
            "field `amount`: invalid type: map, expected a decimal number such as 129.99, at column 12",
            "expected `,` or `}`, at column 14",
        ]
    );
}

#[test]
fn json_writes_the_digits_as_a_string() {
    let written =
        serde_json::to_string(&Price { rate: Some(decimal("0.19")), parts: vec![decimal("1.10")], ..price("-5.00") });
    let text = r#"{"amount":"-5.00","tax":"0","rate":"0.19","parts":["1.10"]}"#;
    assert_eq!(written.unwrap(), text);
    let read: Price = serde_json::from_str(text).unwrap();
    assert_eq!(read.amount.to_string(), "-5.00");
}

#[test]
fn ranges_are_exact() {
    assert!(price("100.50").validate().is_ok());
    let found = Price {
        tax: decimal("-0.6"),
        rate: Some(decimal("0.16")),
        parts: vec![decimal("-1")],
        ..price("100.5000000000000000000001")
    };
    assert_eq!(
        found.validate().unwrap_err().to_string(),
        "amount must be in -100.50..=100.50, got 100.5000000000000000000001; tax must be at least -0.5, got -0.6; \
         rate must be one of 0, 0.07, 0.19, got 0.16; parts[0] must be at least 0, got -1"
    );
    assert_eq!(Price::SCHEMA.fields[0].constraints, [Constraint::Range("-100.50..=100.50")]);
    assert_eq!(Price::SCHEMA.fields[0].unit, Some("dollar"));
}

#[test]
fn ranges_of_many_digits_are_not_taken_for_empty() {
    #[record]
    struct Narrow {
        #[field(range = 1.00000000000000000001..1.00000000000000000002, default = 1.000000000000000000015)]
        value: Decimal,
    }
    let narrow: Narrow = serde_json::from_str("{}").unwrap();
    assert_eq!(narrow.value.to_string(), "1.000000000000000000015");
    assert!(serde_json::from_str::<Narrow>(r#"{"value": 1.00000000000000000002}"#).is_err());
}

/// Sums the sales of a price.
#[stage(finish = of_amount)]
fn total(#[state] sum: &mut Decimal, price: &Price) {
    *sum += price.amount;
}

#[finish]
fn of_amount(amount: &Decimal, sum: Decimal) -> Option<(String, Decimal)> {
    Some((amount.to_string(), sum))
}

#[test]
fn is_a_key_by_its_value() {
    let prices = [price("1.5"), price("1.50"), price("0.1"), price("0.1"), price("0.1")];
    let report = pipeline!(from_iter(prices) | total.keyed(amount) | collect()).run().unwrap();
    report.check().unwrap();
    assert_eq!(report.output, [("1.5".to_owned(), decimal("3.00")), ("0.1".to_owned(), decimal("0.3"))]);
}

#[test]
fn both_sinks_write_it_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, copy, json) = (folder.path().join("a.csv"), folder.path().join("b.csv"), folder.path().join("a.jsonl"));
    let text = "product,amount,discount\nP1,129.90,\nP2,0.1000000000000000000000000001,-5\n";
    fs::write(&csv, text).unwrap();
    pipeline!(csv::<Sale>(&csv) | tee(csv(&copy), json_lines(&json))).run().unwrap().check().unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), text);
    assert_eq!(
        fs::read_to_string(&json).unwrap(),
        "{\"product\":\"P1\",\"amount\":\"129.90\",\"discount\":null}\n\
         {\"product\":\"P2\",\"amount\":\"0.1000000000000000000000000001\",\"discount\":\"-5\"}\n"
    );
    fs::remove_file(&copy).unwrap();
    pipeline!(json_lines::<Sale>(&json) | csv(&copy)).run().unwrap().check().unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), text);
}

#[test]
fn before_a_tag_a_fraction_is_refused() {
    #[record(tag = "event", rename_all = "lowercase")]
    #[derive(Debug, PartialEq)]
    enum Event {
        Purchase { amount: Decimal },
        Login,
    }
    let purchase = |text: &str| serde_json::from_str::<Event>(text);
    let expected = Event::Purchase { amount: decimal("129.99") };
    assert_eq!(purchase(r#"{"event": "purchase", "amount": 129.99}"#).unwrap(), expected);
    assert_eq!(purchase(r#"{"amount": "129.99", "event": "purchase"}"#).unwrap(), expected);
    // Before the tag says what it is, a number of JSON is a float.
    let error = purchase(r#"{"amount": 129.99, "event": "purchase"}"#).unwrap_err().to_string();
    assert!(error.contains("which went through a float and may have lost digits; write it as a string"), "{error}");
    assert_eq!(
        purchase(r#"{"amount": 129, "event": "purchase"}"#).unwrap(),
        Event::Purchase { amount: decimal("129") }
    );
    assert_eq!(serde_json::to_string(&expected).unwrap(), r#"{"event":"purchase","amount":"129.99"}"#);
}

#[test]
fn other_holders_take_texts_alone() {
    #[record]
    struct Rates {
        by_country: HashMap<String, Decimal>,
    }
    let rates: Rates = serde_json::from_str(r#"{"by_country": {"DE": "0.19"}}"#).unwrap();
    assert_eq!(rates.by_country["DE"], decimal("0.19"));
    assert!(serde_json::from_str::<Rates>(r#"{"by_country": {"DE": 0.19}}"#).is_err());
}
