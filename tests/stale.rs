//! Records that say for how long they are stale.

use std::time::Duration;

use millstream::policy::{Fallback, MarkStale, Stale};
use millstream::prelude::*;
use millstream::record::{FromJson, FromRow, Scratch};
use millstream::testing::Simulation;

#[path = "support/records.rs"]
mod records;

use records::cells;

/// The same record twice: as it is, and packed.
macro_rules! readings {
    ($($module:ident: #[$record:meta])*) => {$(
        mod $module {
            use super::*;

            #[$record]
            #[derive(Debug, Clone, PartialEq)]
            pub(super) struct Reading<'a> {
                #[key]
                pub(super) sensor: &'a str,
                #[stale]
                pub(super) age: Option<Duration>,
                #[field(range = -60.0..=160.0)]
                pub(super) celsius: Option<f64>,
            }

            pub(super) fn fresh() -> Reading<'static> {
                Reading::builder().sensor("roof").celsius(21.5).build().unwrap()
            }
        }
    )*};
}

readings! {
    plain: #[record]
    packed: #[record(packed)]
}

/// What holds for both.
macro_rules! for_both {
    ($($name:ident($module:ident, $reading:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn plain() {
                use super::plain as $module;
                let $reading = $module::fresh();
                $body
            }

            #[test]
            fn packed() {
                use super::packed as $module;
                let $reading = $module::fresh();
                $body
            }
        }
    )*};
}

for_both! {
    a_fallback_says_how_old_it_is(module, reading) {
        static LAST: Stale<u32, module::Reading<'static>> = Fallback::stale(8);
        let simulation = Simulation::seeded(1);
        let minute = Duration::from_mins(1);
        let read = |outcome: Result<_, &'static str>| simulation.run(|| LAST.run(7, || outcome.clone()));
        assert_eq!(read(Ok(reading.clone())), Ok(reading.clone()));
        simulation.advance(minute);
        let stale = read(Err("down"));
        assert_eq!(stale.as_ref().map(MarkStale::stale_for), Ok(Some(minute)));
        let mut marked = reading.clone();
        marked.mark_stale(minute);
        assert_eq!((stale, reading.stale_for()), (Ok(marked), None));
    }

    its_age_is_written_and_read_in_seconds(module, reading) {
        let mut reading = reading;
        let scratch = Scratch::default();
        let read = |text: &str| {
            let serde: module::Reading<'_> = serde_json::from_str(text).unwrap();
            assert_eq!(module::Reading::from_json(text.as_bytes(), &scratch).unwrap(), serde);
            serde.stale_for()
        };
        assert_eq!(serde_json::to_string(&reading).unwrap(), r#"{"sensor":"roof","age":null,"celsius":21.5}"#);
        reading.mark_stale(Duration::from_millis(1500));
        let text = serde_json::to_string(&reading).unwrap();
        assert_eq!(text, r#"{"sensor":"roof","age":1.5,"celsius":21.5}"#);
        assert_eq!(read(&text), Some(Duration::from_millis(1500)));
        assert_eq!(read(r#"{"sensor":"roof","celsius":1}"#), None);
        let wrong = serde_json::from_str::<module::Reading<'_>>(r#"{"sensor":"roof","age":-1}"#).unwrap_err();
        assert!(wrong.to_string().contains("an age is a number of seconds from 0, got -1"), "{wrong}");
    }

    a_row_may_leave_it_out(module, _reading) {
        let read = |row: &[&str]| module::Reading::from_row(&cells(row)).map(|reading| reading.stale_for());
        assert_eq!(read(&["roof", "", "21.5"]).unwrap(), None);
        assert_eq!(read(&["roof", "2", "21.5"]).unwrap(), Some(Duration::from_secs(2)));
        let age = &module::Reading::SCHEMA.fields[1];
        assert_eq!((age.name, age.optional), ("age", true));
    }
}
