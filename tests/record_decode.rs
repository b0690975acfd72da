//! `#[record]`: from rows and JSON to records.

use std::borrow::Cow;

use millstream::prelude::*;
use millstream::record::{FieldError, FromField, FromJson, FromRow, RowError, Scratch, Violations};
use proptest::prelude::*;

#[path = "support/records.rs"]
mod records;

use records::{Cells, Reading, cells, json_error, row_error, timestamp};

mod rows {
    use super::*;

    #[record]
    #[derive(Debug, PartialEq)]
    struct All<'a> {
        int: u8,
        signed: i64,
        float: f64,
        single: f32,
        truth: bool,
        letter: char,
        text: &'a str,
        owned: String,
        cow: Cow<'a, str>,
        maybe: Option<i32>,
        at: Timestamp,
        local: CivilTime,
    }

    const GOOD: [&str; 12] = [
        "255",
        "-9223372036854775808",
        "1e3",
        "0.5",
        "true",
        "ß",
        "",
        "o",
        "c",
        "",
        "2014-04-01T02:00:00+02:00",
        "2014-04-01 00:00:00",
    ];

    /// The good row with one other cell.
    fn with(index: usize, cell: &'static str) -> Cells<'static> {
        let mut row = GOOD;
        row[index] = cell;
        cells(&row)
    }

    #[test]
    fn read_every_type() {
        let all = All::from_row(&cells(&GOOD)).unwrap();
        let expected = All {
            int: 255,
            signed: i64::MIN,
            float: 1000.0,
            single: 0.5,
            truth: true,
            letter: 'ß',
            text: "",
            owned: "o".into(),
            cow: Cow::Borrowed("c"),
            maybe: None,
            at: timestamp("2014-04-01T00:00:00Z"),
            local: CivilTime::from_micros(1_396_310_400_000_000),
        };
        assert_eq!(all, expected);
        assert!(matches!(all.cow, Cow::Borrowed(_)));
        assert_eq!(All::from_row(&with(9, "7")).unwrap().maybe, Some(7));
    }

    #[test]
    fn borrow_from_the_cells() {
        let line = "abc".to_owned();
        let all = All::from_row(&Cells(
            GOOD.iter()
                .enumerate()
                .map(|(i, cell)| Some(if i == 6 { line.as_bytes() } else { cell.as_bytes() }))
                .collect(),
        ))
        .unwrap();
        assert_eq!(all.text.as_ptr(), line.as_ptr());
    }

    #[test]
    fn say_what_was_read_and_what_was_expected() {
        let errors: Vec<String> = [
            (0, "300"),
            (0, "-1"),
            (0, " 1"),
            (0, "1.0"),
            (0, ""),
            (1, "9223372036854775808"),
            (2, "1e999"),
            (2, "1e-999"),
            (2, "warm"),
            (2, "1,5"),
            (3, "1e39"),
            (4, "yes"),
            (4, ""),
            (5, "ab"),
            (9, "x"),
            (10, "2014-04-01 00:00:00"),
            (10, "today"),
            (10, ""),
            (11, "2014-04-01 00:00:00Z"),
            (11, "2014-04-01 00:00:00.0000001"),
        ]
        .into_iter()
        .map(|(index, cell)| row_error::<All<'_>>(&with(index, cell)))
        .collect();
        assert_eq!(
            errors,
            [
                "column `int`: `300` is out of range for u8, which is 0..=255",
                "column `int`: expected a whole number from 0 to 255, read `-1`",
                "column `int`: expected a whole number from 0 to 255, read ` 1`",
                "column `int`: expected a whole number from 0 to 255, read `1.0`",
                "column `int`: expected a whole number from 0 to 255, but it is empty",
                "column `signed`: `9223372036854775808` is out of range for i64, which is -9223372036854775808..=9223372036854775807",
                "column `float`: `1e999` is out of range for f64",
                "column `float`: `1e-999` is out of range for f64",
                "column `float`: expected a number, read `warm`",
                "column `float`: expected a number, read `1,5`",
                "column `single`: `1e39` is out of range for f32",
                "column `truth`: expected `true` or `false`, read `yes`",
                "column `truth`: expected `true` or `false`, but it is empty",
                "column `letter`: expected one character, read `ab`",
                "column `maybe`: expected a whole number, read `x`",
                "column `at`: expected a time such as 2014-04-01T00:00:00Z, read `2014-04-01 00:00:00`: \
                 it has no offset from UTC, such as `Z` or `+02:00`",
                "column `at`: expected a time such as 2014-04-01T00:00:00Z, read `today`: it is no date and time",
                "column `at`: expected a time such as 2014-04-01T00:00:00Z, but it is empty",
                "column `local`: expected a local time such as 2014-04-01T00:00:00, read `2014-04-01 00:00:00Z`: \
                 it has an offset from UTC, which a local time would lose",
                "column `local`: expected a local time such as 2014-04-01T00:00:00, read \
                 `2014-04-01 00:00:00.0000001`: it is finer than a microsecond",
            ]
        );
    }

    #[test]
    fn list_every_wrong_field() {
        let row = Cells(vec![None, Some(&[0xff]), Some(b"x")]);
        let error = Reading::from_row(&row).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `at` is missing; column `sensor`: `\\xff` is not UTF-8; column `celsius`: expected a number, read `x`"
        );
        let wrong = error.downcast_ref::<RowError>().unwrap().wrong();
        assert_eq!(wrong[2].column, "celsius");
        assert_eq!(wrong[2].why, FieldError::Unexpected("a number"));
    }

    #[test]
    fn shorten_what_they_show() {
        let long = "9".repeat(1000);
        let error = row_error::<Reading<'_>>(&cells(&["2014-04-01T00:00:00Z", "a", &format!("{long}x")]));
        assert_eq!(error, format!("column `celsius`: expected a number, read `{}..`", "9".repeat(60)));
    }

    #[test]
    fn are_validated() {
        let error = Reading::from_row(&cells(&["2014-04-01T00:00:00Z", "", "NaN"])).unwrap_err();
        assert_eq!(
            error.downcast_ref::<Violations>().unwrap().to_string(),
            "sensor must have 1..=8 characters, got 0; celsius must be in -60.0..=160.0, got NaN"
        );
    }

    #[test]
    fn take_defaults_for_empty_and_missing_cells() {
        #[record]
        #[derive(Debug, PartialEq)]
        struct Tag {
            #[field(default = 7)]
            count: u32,
            #[field(default = "none", rename = "type")]
            kind: String,
            note: Option<String>,
        }
        let expected = Tag { count: 7, kind: "none".into(), note: None };
        assert_eq!(Tag::from_row(&cells(&["", "", ""])).unwrap(), expected);
        assert_eq!(Tag::from_row(&Cells(vec![])).unwrap(), expected);
        assert!(Tag::SCHEMA.fields.iter().all(|field| field.optional));
        assert_eq!(Tag::SCHEMA.fields[1].name, "type");
        assert_eq!(Tag::SCHEMA.fields[1].default, Some("\"none\""));
        assert_eq!(
            row_error::<Tag>(&cells(&["x", "a", "b"])),
            "column `count`: expected a whole number, not negative, read `x`"
        );
    }

    #[test]
    fn read_types_of_the_users_own() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        enum Level {
            Low,
            High,
        }
        impl FromField<'_> for Level {
            fn from_field(cell: &[u8]) -> Result<Self, FieldError> {
                match cell {
                    b"low" => Ok(Level::Low),
                    b"high" => Ok(Level::High),
                    _ => Err(FieldError::Unexpected("`low` or `high`")),
                }
            }
        }
        #[record]
        #[derive(Debug, PartialEq)]
        struct Tank {
            level: Level,
        }
        assert_eq!(Tank::from_row(&cells(&["high"])).unwrap(), Tank { level: Level::High });
        assert_eq!(row_error::<Tank>(&cells(&["mid"])), "column `level`: expected `low` or `high`, read `mid`");
    }
}

mod times {
    use super::*;

    #[record]
    #[derive(Debug, PartialEq)]
    struct Local {
        #[field(zone = "Europe/Berlin")]
        at: Timestamp,
        #[field(zone = "America/New_York")]
        seen: Option<Timestamp>,
    }

    #[test]
    fn without_an_offset_are_read_in_the_zone() {
        let local = Local::from_row(&cells(&["2024-07-01 12:00:00", "2024-07-01T12:00:00Z"])).unwrap();
        assert_eq!(
            local,
            Local { at: timestamp("2024-07-01T10:00:00Z"), seen: Some(timestamp("2024-07-01T12:00:00Z")) }
        );
        assert_eq!(Local::SCHEMA.fields[0].zone, Some("Europe/Berlin"));
        let json = r#"{"at":"2024-07-01 12:00:00","seen":"2024-07-01 12:00:00"}"#;
        let local: Local = serde_json::from_str(json).unwrap();
        assert_eq!(local.seen, Some(timestamp("2024-07-01T16:00:00Z")));
        assert_eq!(
            serde_json::to_string(&local).unwrap(),
            r#"{"at":"2024-07-01T10:00:00Z","seen":"2024-07-01T16:00:00Z"}"#
        );
        assert_eq!(Local::from_row(&cells(&["2024-07-01 12:00:00", ""])).unwrap().seen, None);
    }

    #[test]
    fn that_are_unclear_are_refused() {
        assert_eq!(
            row_error::<Local>(&cells(&["2024-10-27 02:30:00", ""])),
            "column `at`: expected a time such as 2014-04-01T00:00:00, read `2024-10-27 02:30:00`: \
             it happened twice in Europe/Berlin, where clocks were set back"
        );
        assert_eq!(
            json_error::<Local>(r#"{"at": "2024-03-31 02:30:00"}"#),
            "field `at`: expected a time such as 2014-04-01T00:00:00, read \"2024-03-31 02:30:00\": \
             it never happened in Europe/Berlin, where clocks were set forward, at column 8"
        );
    }

    #[test]
    fn are_ordered_and_hashed_and_counted() {
        let (first, second) = (timestamp("2014-04-01T00:00:00Z"), timestamp("2014-04-01T00:00:01.5Z"));
        assert!(first < second);
        assert_eq!(second.since(first), Some(std::time::Duration::from_millis(1500)));
        assert_eq!(first.since(second), None);
        assert_eq!(first.checked_add(std::time::Duration::from_millis(1500)), Some(second));
        assert_eq!(first.checked_add(std::time::Duration::from_nanos(1)), None);
        assert_eq!(std::collections::HashSet::from([first, first, second]).len(), 2);
    }
}

mod readers_of_the_users_own {
    use super::*;

    mod hex {
        use serde::{Deserialize, Deserializer, Serializer};

        #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
        pub(super) fn serialize<S: Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("{value:x}"))
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
            let text = <&str>::deserialize(deserializer)?;
            u32::from_str_radix(text, 16).map_err(|_| serde::de::Error::custom("expected a hexadecimal number"))
        }
    }

    #[record]
    #[derive(Debug, PartialEq)]
    struct Color<'a> {
        #[field(with = hex, range = ..=0xff_ffff)]
        rgb: u32,
        #[field(with = hex, default)]
        shade: u32,
        name: &'a str,
    }

    #[test]
    fn serve_rows_json_and_writing() {
        let color = Color { rgb: 0x10_ff00, shade: 0, name: "n" };
        assert_eq!(Color::from_row(&cells(&["10ff00", "", "n"])).unwrap(), color);
        let json = serde_json::to_string(&color).unwrap();
        assert_eq!(json, r#"{"rgb":"10ff00","shade":"0","name":"n"}"#);
        assert_eq!(serde_json::from_str::<Color<'_>>(&json).unwrap(), color);
    }

    #[test]
    fn say_their_own_errors() {
        assert_eq!(
            row_error::<Color<'_>>(&cells(&["green", "", "n"])),
            "column `rgb`: expected a hexadecimal number, read `green`"
        );
        assert_eq!(
            Color::from_row(&cells(&["1000000", "", "n"])).unwrap_err().to_string(),
            "rgb must be at most 16777215, got 16777216"
        );
    }
}

proptest! {
    /// Building, validating, and a way through JSON agree on what a good record is.
    #[test]
    fn every_way_in_agrees(
        micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000,
        sensor in "\\PC{0,10}",
        celsius in prop_oneof![-100.0..200.0_f64, Just(f64::NAN), Just(f64::INFINITY), any::<f64>()],
    ) {
        let record = Reading { at: Timestamp::from_micros(micros), sensor: &sensor, celsius };
        let checked = record.validate();
        let built = Reading::builder().at(record.at).sensor(&sensor).celsius(celsius).build();
        prop_assert_eq!(built.as_ref().err(), checked.as_ref().err());
        let mut set = Reading { sensor: "a", celsius: 0.0, ..record };
        let both = set.set_sensor(&sensor).and_then(|()| set.set_celsius(celsius));
        prop_assert_eq!(both.is_ok(), checked.is_ok());

        let (at, number) = (record.at.to_string(), format!("{celsius:?}"));
        let row = cells(&[&at, &sensor, &number]);
        let read = Reading::from_row(&row);
        prop_assert_eq!(read.is_ok(), checked.is_ok());
        if checked.is_ok() {
            prop_assert_eq!(&read.unwrap(), &record);
            let json = serde_json::to_string(&record).unwrap();
            let scratch = Scratch::default();
            prop_assert_eq!(&Reading::from_json(json.as_bytes(), &scratch).unwrap(), &record);
        } else {
            let error = read.unwrap_err();
            prop_assert_eq!(error.downcast_ref::<Violations>(), checked.as_ref().err());
        }
    }

    /// No text at all makes decoding panic.
    #[test]
    fn any_bytes_are_read_or_refused(cell in proptest::collection::vec(any::<u8>(), 0..40)) {
        let row = Cells(vec![Some(&cell); 3]);
        let _ = Reading::from_row(&row);
        let scratch = Scratch::default();
        let _ = Reading::from_json(&cell, &scratch);
    }

    /// A time's text reads as the time.
    #[test]
    fn times_read_what_they_print(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
        let (timestamp, local) = (Timestamp::from_micros(micros), CivilTime::from_micros(micros));
        prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
        prop_assert_eq!(local.to_string().parse(), Ok(local));
    }
}
