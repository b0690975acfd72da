//! What is wrong with a record, field by field.

use std::fmt;

use super::schema::Field;

/// Where in a record a value stands: `address.zip`, `items[3].price`.
///
/// It lives on the stack while a record is validated and becomes text only for a violation.
#[derive(Clone, Copy, Debug)]
pub struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root,
    /// By reference, as a path is made for each field that is checked, and looked at for a violation alone.
    Field(&'static Field),
    Variant(&'static str),
    Index(usize),
    Key(&'p str),
}

impl Path<'static> {
    /// The record itself.
    pub const ROOT: Path<'static> = Path { parent: None, step: Step::Root };
}

impl Path<'_> {
    /// A field of what stands here.
    #[inline]
    pub fn field(&self, field: &'static Field) -> Path<'_> {
        Path { parent: Some(self), step: Step::Field(field) }
    }

    /// What the variant of this name holds.
    #[inline]
    pub fn variant(&self, name: &'static str) -> Path<'_> {
        Path { parent: Some(self), step: Step::Variant(name) }
    }

    /// An element of the list that stands here, counted from 0.
    #[inline]
    pub fn index(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// A value of the map that stands here.
    #[inline]
    pub fn key<'p>(&'p self, key: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    /// Whether what stands here is not to be shown: it is in a secret field.
    fn is_secret(&self) -> bool {
        matches!(self.step, Step::Field(field) if field.secret) || self.parent.is_some_and(Path::is_secret)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below_root = self.parent.is_some_and(|parent| !matches!(parent.step, Step::Root));
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(&Field { name, .. }) | Step::Variant(name) => {
                f.write_str(if below_root { "." } else { "" })?;
                f.write_str(name)
            }
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key:?}]"),
        }
    }
}

/// One thing that is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: String,
    rule: String,
    got: Option<String>,
}

impl Violation {
    /// The field, from the record on: `items[3].price`. Empty when it concerns the record as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the field must satisfy: `must be in 0.0..=10.0`.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The value as text; `None` when the field is secret or the value has no text.
    pub fn got(&self) -> Option<&str> {
        self.got.as_deref()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.rule)?,
            path => write!(f, "{path} {}", self.rule)?,
        }
        match &self.got {
            Some(got) => write!(f, ", got {got}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a record: at least one violation, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    #[allow(
        clippy::box_collection,
        reason = "one is made for every record, and nearly all stay empty: that is one word"
    )]
    found: Option<Box<Vec<Violation>>>,
}

impl Violations {
    /// The violations, in the order of the fields.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.found.as_deref().map_or(&[][..], Vec::as_slice).iter()
    }

    fn push(&mut self, violation: Violation) {
        self.found.get_or_insert_default().push(violation);
    }

    /// Adds that the value at this place breaks `rule`: `must be even`.
    #[cold]
    #[inline(never)]
    pub fn add(&mut self, at: &Path<'_>, rule: impl fmt::Display) {
        self.push(Violation { path: at.to_string(), rule: rule.to_string(), got: None });
    }

    /// The same, and shows the value unless the field is secret.
    #[cold]
    #[inline(never)]
    pub fn add_got(&mut self, at: &Path<'_>, rule: impl fmt::Display, got: impl fmt::Display) {
        let got = (!at.is_secret()).then(|| shortened(&got.to_string()));
        self.push(Violation { path: at.to_string(), rule: rule.to_string(), got });
    }

    /// `Ok` when nothing was found.
    ///
    /// # Errors
    /// The violations, when there are any.
    #[inline]
    pub fn into_result(self) -> Result<(), Self> {
        if self.found.is_none() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(i, violation)| {
            let between = if i == 0 { "" } else { "; " };
            write!(f, "{between}{violation}")
        })
    }
}

impl std::error::Error for Violations {}

impl<'v> IntoIterator for &'v Violations {
    type Item = &'v Violation;
    type IntoIter = std::slice::Iter<'v, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.map(|found| *found).unwrap_or_default().into_iter()
    }
}

/// At most this many characters of a value are shown in a message.
const SHOWN: usize = 60;

/// The text, or its beginning with `..` when it is long.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Path, Violations};
    use crate::record::Field;

    static ITEMS: Field = Field::new("items", "items", "Vec<Item>", "");
    static PRICE: Field = Field::new("price", "price", "f64", "");
    static PIN: Field = Field::new("pin", "pin", "u32", "").secret();

    #[test]
    fn paths_read_as_in_rust() {
        let root = Path::ROOT;
        let items = root.field(&ITEMS);
        let third = items.index(3);
        assert_eq!(third.field(&PRICE).to_string(), "items[3].price");
        assert_eq!(items.key("a b").to_string(), "items[\"a b\"]");
    }

    #[test]
    fn secrets_are_not_shown_nor_what_is_below_them() {
        let mut found = Violations::default();
        let root = Path::ROOT;
        let pin = root.field(&PIN);
        found.add_got(&pin, "must be in 1..=2", 77);
        found.add_got(&pin.index(0), "must be in 1..=2", 77);
        assert_eq!(found.to_string(), "pin must be in 1..=2; pin[0] must be in 1..=2");
    }
}
