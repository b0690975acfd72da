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
        #[stale]
        pub age: ::core::option::Option<::core::time::Duration>,
    }

    fn found(record: &Shadowed<'_>) -> bool {
        record.record != 3
    }

    #[millstream::record(packed, check = lent)]
    #[derive(Debug, Clone, Default, PartialEq, PartialOrd)]
    pub struct Packed<'a> {
        #[field(range = 0..5, check = at, default = 1)]
        pub record: u8,
        pub value: &'a str,
        pub slot: ::core::option::Option<f64>,
        pub bits: ::core::option::Option<bool>,
        pub fields: ::core::option::Option<::std::string::String>,
        pub r#type: bool,
        #[stale]
        pub set: ::core::option::Option<::core::time::Duration>,
    }

    fn lent(record: &Packed<'_>) -> bool {
        record.record() != 3
    }

    #[millstream::record(tag = "tag", check = fields)]
    pub enum Tagged<'a> {
        Ok {
            #[field(range = 0..5, check = at, default = 1)]
            variant: u8,
            #[field(with = content)]
            content: &'a str,
        },
        None,
    }

    #[millstream::record]
    pub enum Named<'a> {
        Some(&'a str),
        Err { fields: Tagged<'a>, value: u8 },
        Result,
    }

    #[millstream::record]
    pub enum Plain {
        Ok,
        Err,
    }

    fn fields(_: &Tagged<'_>) -> bool {
        true
    }

    /// Writes and reads a text as it is.
    mod content {
        use ::core::result::Result;
        use ::serde::{Deserialize, Deserializer, Serialize, Serializer};

        pub(super) fn serialize<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
            text.serialize(serializer)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'de str, D::Error> {
            <&str>::deserialize(deserializer)
        }
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

/// An enum with raw names, public and documented.
#[millstream::record(max_size = 32, extra = "ignore")]
#[derive(Debug, Clone, PartialEq)]
pub enum RawEnum {
    /// A keyword.
    r#Try {
        /// Another.
        r#type: u8,
    },
    /// A value.
    Value(#[field(range = 1..)] u32),
}

macro_rules! wrapped_enum {
    ($name:ident { $($variant:ident { $field:ident: $ty:ty = $range:expr },)* }) => {
        #[millstream::record(tag = "kind")]
        #[derive(Debug)]
        enum $name {
            $($variant { #[field(range = $range)] $field: $ty },)*
        }
    };
}

wrapped_enum! {
    WrappedEnum { A { n: u8 = 1..=5 }, B { n: f64 = -1..=1 }, }
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
    let record = shadowed::Shadowed { record: 3, value: "c", found: f64::NAN, age: None };
    let found: Vec<String> = record.validate().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["value must be one of \"a\", \"b\", got \"c\"", "found must be finite, got NaN", "must satisfy `found`"]
    );
    assert!(shadowed::Shadowed::builder().value("a").found(1.0).build().is_ok());
}

#[test]
fn variants_may_have_the_names_of_the_prelude() {
    let tagged: shadowed::Tagged<'_> = serde_json::from_str(r#"{"tag": "Ok", "content": "a"}"#).unwrap();
    assert_eq!(serde_json::to_string(&tagged).unwrap(), r#"{"tag":"Ok","variant":1,"content":"a"}"#);
    let named = shadowed::Named::Err { fields: shadowed::Tagged::Ok { variant: 9, content: "" }, value: 1 };
    let error = named.validate().unwrap_err().to_string();
    assert_eq!(error, "Err.fields.variant must be in 0..5, got 9; Err.fields.variant must satisfy `at`");
    assert_eq!(serde_json::to_string(&shadowed::Plain::Ok).unwrap(), "\"Ok\"");
    assert!(shadowed::Named::Some("a").validate().is_ok() && shadowed::Named::Result.validate().is_ok());
    assert!(shadowed::Tagged::None.validate().is_ok() && shadowed::Plain::Err.validate().is_ok());
}

#[test]
fn variants_may_have_raw_names_and_be_made_by_a_macro() {
    let raw: RawEnum = serde_json::from_str(r#"{"Try": {"type": 3, "x": 1}}"#).unwrap();
    assert_eq!(raw, RawEnum::r#Try { r#type: 3 });
    assert_eq!(RawEnum::Value(0).validate().unwrap_err().to_string(), "Value must be at least 1, got 0");
    assert_eq!(WrappedEnum::B { n: 2.0 }.validate().unwrap_err().to_string(), "n must be in -1.0..=1.0, got 2");
    assert!(WrappedEnum::A { n: 1 }.validate().is_ok());
    assert_eq!(WrappedEnum::SCHEMA.fields[1].ty, "u8 or f64");
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

#[test]
fn fields_may_have_the_names_of_functions() {
    #[millstream::record]
    struct Names {
        builder: u8,
        validate: u8,
        schema: u8,
        clone: u8,
        into: u8,
        from: Option<u8>,
        set_from: u8,
        validated: u8,
    }
    let builder = Names::builder().builder(1).validate(2).schema(3).clone(4).into(5);
    let mut names = builder.from(6).set_from(7).validated(8).build().unwrap();
    assert_eq!((names.set_from(None), names.set_set_from(9), names.validate()), (Ok(()), Ok(()), Ok(())));
    let text = r#"{"builder":1,"validate":2,"schema":3,"clone":4,"into":5,"from":null,"set_from":9,"validated":8}"#;
    assert_eq!(serde_json::to_string(&names).unwrap(), text);
}
