//! What a field holds, what a column keeps, and whether the one keeps the other as it is.

use rusqlite::types::ValueRef;

use crate::record::Field;

/// What a field holds, as far as its type says by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Boolean,
    Real,
    Text,
    /// A text that is never taken for a number.
    Time,
    /// `Vec<u8>`
    Bytes,
    /// A list or a map: JSON.
    Json,
    /// A type of the user's own.
    Any,
}

impl Kind {
    /// What `field` holds.
    pub(super) fn of(field: &Field) -> Self {
        // A column of an enum may have fields of several types.
        let is_any = field.with || field.ty.contains(" or ");
        if is_any { Kind::Any } else { Kind::of_type(value(field.ty)) }
    }

    fn of_type(ty: &str) -> Self {
        let ty = without_reference(ty);
        if matches!(ty, "[u8]" | "Box<[u8]>") {
            return Kind::Bytes;
        }
        if ty.starts_with('[') {
            return Kind::Json;
        }
        let (name, inner) = parts(ty);
        match (name, inner) {
            (
                "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize",
                None,
            ) => Kind::Integer,
            ("bool", None) => Kind::Boolean,
            ("f32" | "f64", None) => Kind::Real,
            ("str" | "String" | "char" | "Short" | "Symbol" | "Decimal", None) => Kind::Text,
            ("Cow" | "Box", Some(inner)) if inner.rsplit(',').next().is_some_and(|of| of.trim() == "str") => Kind::Text,
            ("Timestamp" | "CivilTime", None) => Kind::Time,
            ("Vec", Some("u8")) => Kind::Bytes,
            ("Vec" | "HashMap" | "BTreeMap", Some(_)) => Kind::Json,
            _ => Kind::Any,
        }
    }

    /// The type of its column in a new table. Without one a column keeps every value as it is.
    pub(super) fn declared(self) -> &'static str {
        match self {
            Kind::Integer | Kind::Boolean => " INTEGER",
            Kind::Real => " REAL",
            Kind::Text | Kind::Time | Kind::Json => " TEXT",
            Kind::Bytes => " BLOB",
            Kind::Any => "",
        }
    }

    /// Whether a column of this affinity keeps all its values as they are.
    pub(super) fn is_kept_by(self, affinity: Affinity) -> bool {
        match self {
            Kind::Any => true,
            Kind::Bytes => matches!(affinity, Affinity::None | Affinity::Blob),
            Kind::Integer | Kind::Boolean => matches!(affinity, Affinity::Integer | Affinity::Numeric | Affinity::None),
            // A whole number is kept as INTEGER in a NUMERIC column, and reads as the same `f64`.
            Kind::Real => matches!(affinity, Affinity::Real | Affinity::Numeric | Affinity::None),
            Kind::Text | Kind::Json => matches!(affinity, Affinity::Text | Affinity::None),
            // No time looks like a number, so a NUMERIC column, as of DATETIME, leaves it alone.
            Kind::Time => matches!(affinity, Affinity::Text | Affinity::Numeric | Affinity::None),
        }
    }
}

/// Whether the type of a field is an `Option`.
pub(super) fn is_option(field: &Field) -> bool {
    parts(field.ty.trim()).0 == "Option"
}

/// The type without `Option` around it.
fn value(ty: &str) -> &str {
    match parts(ty.trim()) {
        ("Option", Some(inner)) => value(inner),
        _ => ty.trim(),
    }
}

/// `&'a str` as `str`.
fn without_reference(ty: &str) -> &str {
    let Some(of) = ty.strip_prefix('&') else { return ty };
    let of = of.trim_start();
    match of.strip_prefix('\'') {
        Some(lifetime) => lifetime.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start(),
        None => of,
    }
}

/// The last name of a path, and what stands in its angle brackets: `std::vec::Vec<u8>` is `("Vec", Some("u8"))`.
fn parts(ty: &str) -> (&str, Option<&str>) {
    let (path, inner) = match ty.split_once('<') {
        Some((path, rest)) => (path, rest.trim_end().strip_suffix('>').map(str::trim)),
        None => (ty, None),
    };
    (path.rsplit("::").next().unwrap_or(path).trim(), inner)
}

/// What a column does to the values that come into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Real,
    Numeric,
    Text,
    /// Nothing.
    None,
    /// It refuses all but blobs: BLOB in a STRICT table.
    Blob,
}

impl Affinity {
    /// By the declared type: section 3.1 of <https://www.sqlite.org/datatype3.html>, and
    /// <https://www.sqlite.org/stricttables.html>.
    pub(super) fn of(declared: &str, strict: bool) -> Self {
        let declared = declared.to_ascii_uppercase();
        let has = |part: &str| declared.contains(part);
        match declared.as_str() {
            "ANY" if strict => Affinity::None,
            "BLOB" if strict => Affinity::Blob,
            _ if has("INT") => Affinity::Integer,
            _ if has("CHAR") || has("CLOB") || has("TEXT") => Affinity::Text,
            _ if has("BLOB") || declared.is_empty() => Affinity::None,
            _ if has("REAL") || has("FLOA") || has("DOUB") => Affinity::Real,
            _ => Affinity::Numeric,
        }
    }

    /// What it would make of `value`, if it does not keep it as it is. `kind` is that of the field.
    pub(super) fn changes(self, kind: Kind, value: ValueRef<'_>) -> Option<&'static str> {
        match (self, value) {
            (Affinity::Text, ValueRef::Integer(_) | ValueRef::Real(_)) => Some("a text of it"),
            (Affinity::Real, ValueRef::Integer(_)) => Some("a REAL of it"),
            (Affinity::Integer | Affinity::Real | Affinity::Numeric, ValueRef::Text(text))
                if kind != Kind::Time && looks_like_number(text) =>
            {
                Some("a number of it")
            }
            _ => None,
        }
    }
}

/// Whether an affinity may take the text for a number. Rust reads a few more words as numbers than SQLite.
fn looks_like_number(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.trim().parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{Affinity, Field, Kind, is_option};

    #[test]
    fn kinds_are_read_off_the_types() {
        let kind = |ty: &'static str| Kind::of(&Field::new("f", "f", ty, ""));
        for (ty, expected) in [
            ("u8", Kind::Integer),
            ("Option<i64>", Kind::Integer),
            ("std::option::Option < i64 >", Kind::Integer),
            ("bool", Kind::Boolean),
            ("f32", Kind::Real),
            ("&'a str", Kind::Text),
            ("&str", Kind::Text),
            ("Option<&'a str>", Kind::Text),
            ("Cow<'a, str>", Kind::Text),
            ("Box<str>", Kind::Text),
            ("String", Kind::Text),
            ("millstream::record::Timestamp", Kind::Time),
            ("Vec<u8>", Kind::Bytes),
            ("&'a [u8]", Kind::Bytes),
            ("Vec<String>", Kind::Json),
            ("Vec<Option<u8>>", Kind::Json),
            ("Level", Kind::Any),
            ("Box<Level>", Kind::Any),
            ("(u8, u8)", Kind::Any),
            ("Vec<u8> or Vec<String>", Kind::Any),
        ] {
            assert_eq!(kind(ty), expected, "{ty}");
        }
        assert!(is_option(&Field::new("f", "f", "Option<u8>", "")));
        assert!(!is_option(&Field::new("f", "f", "Optional", "")));
    }

    #[test]
    fn affinities_are_those_of_the_manual() {
        // The examples of section 3.1.1 of the manual.
        for (declared, expected) in [
            ("UNSIGNED BIG INT", Affinity::Integer),
            ("NATIVE CHARACTER(70)", Affinity::Text),
            ("CLOB", Affinity::Text),
            ("BLOB", Affinity::None),
            ("", Affinity::None),
            ("double precision", Affinity::Real),
            ("FLOATING POINT", Affinity::Integer),
            ("DECIMAL(10,5)", Affinity::Numeric),
            ("STRING", Affinity::Numeric),
            ("DATETIME", Affinity::Numeric),
            ("ANY", Affinity::Numeric),
        ] {
            assert_eq!(Affinity::of(declared, false), expected, "{declared}");
        }
        assert_eq!(Affinity::of("ANY", true), Affinity::None);
        assert_eq!(Affinity::of("BLOB", true), Affinity::Blob);
    }
}
