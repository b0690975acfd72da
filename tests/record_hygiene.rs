//! `#[record]` in hostile places, clean under every lint that a user may deny.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic)]

/// Every name of the prelude that generated code could trip over, taken.
pub mod shadowed {
    #![allow(dead_code, missing_docs, clippy::pedantic)]

    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Result;
    pub struct Ok;
    pub struct Err;
    pub struct Vec;
    pub struct Box;
    pub trait Into {}
    pub trait From {}
    pub trait Clone {}
    pub trait Default {}
    pub trait Iterator {}
    pub trait ToString {}
    pub mod core {}
    pub mod std {}
    pub mod serde {}
    pub fn record() {}
    pub fn value() -> bool {
        true
    }

    /// Names that generated code uses for its own locals are free for the user.
    fn at(n: &u8) -> bool {
        *n < 9
    }

    #[millstream::record(check = found)]
    pub struct Shadowed<'a> {
        #[field(range = 0..5, check = at, default = 1)]
        pub record: u8,
        #[field(len = 1..=3, pattern = "^[a-z]*$", one_of = ["a", "b"])]
        pub value: &'a str,
        #[field(finite)]
        pub found: f64,
    }

    fn found(record: &Shadowed<'_>) -> bool {
        record.record != 3
    }
}

/// With a name for the crate that only this module knows.
pub mod renamed {
    use millstream as mill;

    /// A record by another path.
    #[mill::record(crate = mill)]
    pub struct Renamed {
        /// A number.
        #[field(range = 1..)]
        pub n: u8,
    }
}

/// Public, documented, and with raw names.
#[millstream::record(max_size = 16)]
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// A keyword.
    #[field(range = 0..=9)]
    pub r#type: u8,
    /// Another.
    r#fn: Option<u32>,
}

macro_rules! wrapped {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $ty:ty = $range:expr,)* }) => {
        $(#[$meta])*
        #[millstream::record]
        #[derive(Debug)]
        struct $name {
            $(#[field(range = $range)] $field: $ty,)*
        }
    };
}

wrapped! {
    /// Made by a macro.
    Wrapped { a: u8 = 1..=5, b: f64 = -1..=1, c: Option<i64> = ..0, }
}

use millstream::record::Record as _;

#[test]
fn names_of_the_prelude_may_be_taken() {
    let record = shadowed::Shadowed { record: 3, value: "c", found: f64::NAN };
    let found: Vec<String> = record.validate().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["value must be one of \"a\", \"b\", got \"c\"", "found must be finite, got NaN", "must satisfy `found`"]
    );
    assert!(shadowed::Shadowed::builder().value("a").found(1.0).build().is_ok());
}

#[test]
fn the_crate_may_have_another_name() {
    assert!(renamed::Renamed { n: 0 }.validate().is_err());
    assert!(renamed::Renamed::builder().n(1).build().is_ok());
}

#[test]
fn raw_names_lose_their_mark_in_data() {
    let mut raw: Raw = serde_json::from_str(r#"{"type": 3}"#).unwrap();
    assert_eq!(raw.set_type(10).unwrap_err().to_string(), "type must be in 0..=9, got 10");
    assert_eq!(raw.set_fn(Some(1)), Ok(()));
    assert_eq!(serde_json::to_string(&raw).unwrap(), r#"{"type":3,"fn":1}"#);
    assert_eq!(Raw::builder().r#type(3).r#fn(1).build(), Ok(raw));
}

#[test]
fn a_macro_may_write_the_record() {
    let wrapped = Wrapped { a: 0, b: 2.0, c: Some(0) };
    assert_eq!(
        wrapped.validate().unwrap_err().to_string(),
        "a must be in 1..=5, got 0; b must be in -1.0..=1.0, got 2; c must be below 0, got 0"
    );
    assert_eq!(Wrapped::SCHEMA.docs, "Made by a macro.");
}

#[test]
fn a_record_may_stand_in_a_function() {
    #[millstream::record]
    struct Local<'a> {
        #[field(len = 1..)]
        name: &'a str,
    }
    assert!(Local { name: "" }.validate().is_err());
}
