//! Records, enums, `Option`s, lists and maps in records: their paths, and what stays out of messages.

use std::collections::BTreeMap;

use millstream::prelude::*;
use millstream::record::{FromJson, Scratch};

#[path = "support/records.rs"]
mod records;

use records::json_error;

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Login {
    user: Symbol,
    #[field(secret, range = 1000..=9999)]
    pin: u32,
}

#[record(rename_all = "lowercase")]
#[derive(Debug, Clone, PartialEq)]
enum Contact {
    Phone(#[field(secret, len = 1..)] Short),
    Post { street: Short, zip: Option<u32> },
}

#[record]
#[derive(Debug, Clone, PartialEq)]
struct Customer {
    login: Login,
    before: Option<Box<Login>>,
    #[field(default)]
    contacts: Vec<Option<Contact>>,
    #[field(default)]
    by_shop: BTreeMap<String, Login>,
}

const GOOD: &str = r#"{"login": {"user": "a", "pin": 1234}, "before": {"user": "b", "pin": 4321},
    "contacts": [{"phone": "5"}, null, {"post": {"street": "s", "zip": null}}], "by_shop": {"x": {"user": "c", "pin": 1111}}}"#;

#[test]
fn are_read_and_written() {
    let login = |user: &str, pin| Login { user: user.into(), pin };
    let expected = Customer {
        login: login("a", 1234),
        before: Some(Box::new(login("b", 4321))),
        contacts: vec![Some(Contact::Phone("5".into())), None, Some(Contact::Post { street: "s".into(), zip: None })],
        by_shop: [("x".to_owned(), login("c", 1111))].into(),
    };
    let scratch = Scratch::default();
    assert_eq!(Customer::from_json(GOOD.as_bytes(), &scratch).unwrap(), expected);
    let written = serde_json::to_string(&expected).unwrap();
    assert_eq!(serde_json::from_str::<Customer>(&written).unwrap(), expected);
}

#[test]
fn have_paths() {
    let errors = [
        r#"{"login": {"user": 5, "pin": 1234}}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "before": {"user": "b"}}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "contacts": [null, {"post": {"street": "s", "zip": -1}}]}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "contacts": [{"mail": 1}]}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "by_shop": {"x y": {"user": "a", "pin": 1234, "x": 1}}}"#,
    ]
    .map(json_error::<Customer>);
    assert_eq!(
        errors,
        [
            "field `login.user`: invalid type: integer `5`, expected a string, at column 20",
            "field `before`: missing field `pin`, at column 49",
            "field `contacts[1].post.zip`: `-1` is out of range for u32, which is 0..=4294967295, at column 90",
            "field `contacts[0]`: unknown variant `mail`: Contact is `phone` or `post`, at column 58",
            "field `by_shop.x y`: unknown field `x`: the record Login has `user`, `pin`, at column 58",
        ]
    );
}

#[test]
fn keep_secrets_at_every_depth() {
    for text in [
        r#"{"login": {"user": "a", "pin": "hunter2"}}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "before": {"user": "b", "pin": "hunter2"}}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "contacts": [{"phone": 770077}]}"#,
        r#"{"login": {"user": "a", "pin": 1234}, "by_shop": {"x": {"user": "a", "pin": "hunter2"}}}"#,
    ] {
        let error = json_error::<Customer>(text);
        assert!(error.contains("field `"), "{error}");
        assert!(!error.contains("hunter2") && !error.contains("770077"), "{error}");
        let error = serde_json::from_str::<Customer>(text).unwrap_err().to_string();
        assert!(!error.contains("hunter2") && !error.contains("770077"), "{error}");
    }
    let mut customer: Customer = serde_json::from_str(GOOD).unwrap();
    customer.login.pin = 77;
    customer.contacts = vec![Some(Contact::Phone(Short::default()))];
    assert_eq!(
        customer.validate().unwrap_err().to_string(),
        "login.pin must be in 1000..=9999; contacts[0].phone must have at least 1 characters"
    );
}

#[test]
fn a_csv_sink_refuses_what_a_cell_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let customer: Customer = serde_json::from_str(GOOD).unwrap();
    let error = pipeline!(from_iter([customer]) | csv(folder.path().join("x.csv"))).run().unwrap_err();
    assert!(error.to_string().contains("field `login` holds a struct, which a CSV field cannot"), "{error}");
}
