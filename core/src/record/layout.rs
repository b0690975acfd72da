//! Where each byte of a record is: as data, and as a table that also a compile error can show.

use std::fmt;

/// Where each byte of a record is. `#[record]` works it out; shown, it is a table:
///
/// ```text
/// Reading takes 24 bytes, aligned to 8; 6 are padding
///
/// offset  bytes    bits  field      type
///      0      8          at         Timestamp
///      8      8       0  celsius    Option<f64>
///     16      1          level      u8
///             0       1  is_valid   bool
///     17      1          (bits)     2 of 8 are used
///     18      6          (padding)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layout {
    /// The name of the struct or enum.
    pub name: &'static str,
    /// How many bytes it takes, padding included.
    pub size: usize,
    /// It starts at a multiple of this.
    pub align: usize,
    /// Its fields, in the order in which they are written; none for an enum.
    pub fields: &'static [Place],
    /// The bits that the fields of a packed record share.
    pub bits: Option<Place>,
    /// The variants of an enum, with the bytes of what each holds.
    pub variants: &'static [Place],
}

/// Where one field of a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// What it is called in Rust.
    pub ident: &'static str,
    /// Its type, as written.
    pub ty: &'static str,
    /// Its first byte, if it takes any.
    pub offset: usize,
    /// How many bytes it takes; none for a `bool` of a packed record, which is a bit.
    pub size: usize,
    /// The first of its bits among those that the fields of a packed record share.
    pub first_bit: usize,
    /// How many of these bits are its own.
    pub bits: usize,
}

impl Layout {
    /// The bytes that hold nothing.
    pub const fn padding(&self) -> usize {
        let mut rows = Rows::new(self);
        let mut padding = 0;
        while let Some(row) = rows.next() {
            if let Row::Padding { size, .. } = row {
                padding += size;
            }
        }
        padding
    }
}

#[doc(hidden)]
impl Layout {
    /// For generated code.
    pub const fn of<T>(name: &'static str, fields: &'static [Place]) -> Self {
        Layout { name, size: size_of::<T>(), align: align_of::<T>(), fields, bits: None, variants: &[] }
    }

    /// For generated code.
    #[must_use]
    pub const fn bits(self, offset: usize) -> Self {
        let mut used = 0;
        let mut i = 0;
        while i < self.fields.len() {
            used += self.fields[i].bits;
            i += 1;
        }
        let place = Place { bits: used, ..Place::new("(bits)", "", offset, used.div_ceil(8)) };
        Layout { bits: if used == 0 { None } else { Some(place) }, ..self }
    }

    /// For generated code.
    #[must_use]
    pub const fn variants(self, variants: &'static [Place]) -> Self {
        Layout { variants, ..self }
    }
}

#[doc(hidden)]
impl Place {
    /// For generated code.
    pub const fn new(ident: &'static str, ty: &'static str, offset: usize, size: usize) -> Self {
        Place { ident, ty, offset, size, first_bit: 0, bits: 0 }
    }

    /// For generated code.
    #[must_use]
    pub const fn sharing(self, first_bit: usize, bits: usize) -> Self {
        Place { first_bit, bits, ..self }
    }
}

/// One row of the table.
#[derive(Clone, Copy)]
enum Row {
    Field(Place),
    Bits(Place),
    Padding { offset: usize, size: usize },
    Variant(Place),
}

/// The rows of the table, in the order of the bytes.
struct Rows<'l> {
    layout: &'l Layout,
    /// The place that was last, by offset and number.
    last: Option<(usize, usize)>,
    /// The first byte that no row has shown.
    shown: usize,
    variant: usize,
}

impl<'l> Rows<'l> {
    const fn new(layout: &'l Layout) -> Self {
        // What an enum keeps between its variants is not for us to know.
        let shown = if layout.variants.is_empty() { 0 } else { layout.size };
        Rows { layout, last: None, shown, variant: 0 }
    }

    /// The shared bits follow the fields.
    const fn place(&self, number: usize) -> Option<Place> {
        let fields = self.layout.fields;
        if number == fields.len() {
            return self.layout.bits;
        }
        let mut place = fields[number];
        if let Some(bits) = self.layout.bits
            && place.size == 0
            && place.bits > 0
        {
            // What is but a bit stands where the bits do.
            place.offset = bits.offset;
        }
        Some(place)
    }

    /// The place behind the last one: that of the least offset, and of those of one offset the first.
    const fn following(&self) -> Option<(usize, usize)> {
        let mut found: Option<(usize, usize)> = None;
        let mut number = 0;
        while number <= self.layout.fields.len() {
            if let Some(place) = self.place(number) {
                let key = (place.offset, number);
                let is_left = match self.last {
                    Some(last) => less(last, key),
                    None => true,
                };
                let is_sooner = match found {
                    Some(found) => less(key, found),
                    None => true,
                };
                if is_left && is_sooner {
                    found = Some(key);
                }
            }
            number += 1;
        }
        found
    }

    const fn next(&mut self) -> Option<Row> {
        let following = self.following();
        let until = match following {
            Some((offset, _)) => offset,
            None => self.layout.size,
        };
        if until > self.shown {
            let row = Row::Padding { offset: self.shown, size: until - self.shown };
            self.shown = until;
            return Some(row);
        }
        let Some((offset, number)) = following else { return self.next_variant() };
        self.last = following;
        let Some(place) = self.place(number) else { return None };
        if offset + place.size > self.shown {
            self.shown = offset + place.size;
        }
        Some(if number < self.layout.fields.len() { Row::Field(place) } else { Row::Bits(place) })
    }

    const fn next_variant(&mut self) -> Option<Row> {
        let variants = self.layout.variants;
        if self.variant == variants.len() {
            return None;
        }
        self.variant += 1;
        Some(Row::Variant(variants[self.variant - 1]))
    }
}

const fn less(a: (usize, usize), b: (usize, usize)) -> bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
}

/// A text put together at compile time; what has no room is left out, behind `..`.
struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    const fn new() -> Self {
        Text { bytes: [0; N], len: 0 }
    }

    const fn add(mut self, text: &[u8]) -> Self {
        let room = N - self.len;
        let fits = if text.len() > room { char_boundary(text, room.saturating_sub(2)) } else { text.len() };
        let mut i = 0;
        while i < fits {
            self.bytes[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
        while fits < text.len() && self.len < N {
            self.bytes[self.len] = b'.';
            self.len += 1;
        }
        self
    }

    const fn number(self, number: usize) -> Self {
        let digit = [b"0123456789".as_slice().split_at(number % 10).1[0]];
        if number >= 10 { self.number(number / 10).add(&digit) } else { self.add(&digit) }
    }

    /// Blanks up to this column.
    const fn to(mut self, column: usize) -> Self {
        while self.len < column {
            self = self.add(b" ");
        }
        self
    }

    /// The number, with its last digit before this column.
    const fn number_before(self, column: usize, number: usize) -> Self {
        self.to(column.saturating_sub(digits(number))).number(number)
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

const fn digits(number: usize) -> usize {
    if number >= 10 { 1 + digits(number / 10) } else { 1 }
}

/// The last place at or before `at` where a character begins.
const fn char_boundary(text: &[u8], at: usize) -> usize {
    let mut at = at;
    while at > 0 && text[at] & 0b1100_0000 == 0b1000_0000 {
        at -= 1;
    }
    at
}

/// One line of the table.
type Line = Text<160>;

/// Where the columns of numbers end: the offset, the bytes, the bits.
const COLUMNS: [usize; 3] = [6, 13, 21];
/// Where the names begin.
const NAMES: usize = 23;
/// No name needs more.
const WIDEST: usize = 32;

impl Layout {
    /// `Reading takes 56 bytes, aligned to 8; 2 are padding`
    const fn head(&self) -> Line {
        let padding = self.padding();
        let head = Line::new().add(self.name.as_bytes()).add(b" takes ").number(self.size);
        let head = head.add(if self.size == 1 { b" byte" } else { b" bytes" }).add(b", aligned to ").number(self.align);
        match padding {
            0 => head,
            1 => head.add(b"; 1 is padding"),
            _ => head.add(b"; ").number(padding).add(b" are padding"),
        }
    }

    /// How wide the names are.
    const fn width(&self) -> usize {
        let places = if self.variants.is_empty() { self.fields } else { self.variants };
        let mut width = "(padding)".len();
        let mut i = 0;
        while i < places.len() {
            if places[i].ident.len() > width {
                width = places[i].ident.len();
            }
            i += 1;
        }
        if width > WIDEST { WIDEST } else { width }
    }

    /// What stands above the columns.
    const fn titles(&self) -> Line {
        let what: &[u8] = if self.variants.is_empty() { b"field" } else { b"variant" };
        let line = Line::new().add(b"offset  bytes    bits").to(NAMES).add(what);
        line.to(NAMES + self.width() + 2).add(if self.variants.is_empty() { b"type" } else { b"holds" })
    }

    const fn line(&self, row: Row) -> Line {
        let width = self.width();
        let [offset, bytes, bits] = COLUMNS;
        match row {
            Row::Padding { offset: at, size } => {
                Line::new().number_before(offset, at).number_before(bytes, size).to(NAMES).add(b"(padding)")
            }
            Row::Bits(place) => {
                let line = Line::new().number_before(offset, place.offset).number_before(bytes, place.size);
                let line = line.to(NAMES).add(place.ident.as_bytes()).to(NAMES + width + 2);
                line.number(place.bits).add(b" of ").number(place.size * 8).add(b" are used")
            }
            Row::Variant(place) => Line::new().number_before(bytes, place.size).named(&place, width),
            Row::Field(place) => {
                // A field that is but a bit has no byte of its own.
                let line = Line::new();
                let line =
                    if place.size == 0 && place.bits > 0 { line } else { line.number_before(offset, place.offset) };
                let line = line.number_before(bytes, place.size);
                let line = match place.bits {
                    0 => line,
                    1 => line.number_before(bits, place.first_bit),
                    more => {
                        let last = place.first_bit + more - 1;
                        line.number_before(bits - 3 - digits(last), place.first_bit).add(b"..=").number(last)
                    }
                };
                line.named(&place, width)
            }
        }
    }

    /// Asks at compile time that a record keeps to its `max_size`.
    ///
    /// # Panics
    /// When it does not, with the table.
    #[doc(hidden)]
    #[track_caller]
    pub const fn assert_size(&self, max: usize) {
        if self.size <= max {
            return;
        }
        let message = Text::<8192>::new().add(b"record `").add(self.name.as_bytes()).add(b"` takes ").number(self.size);
        let message = message.add(b" bytes, but its `max_size` is ").number(max).add(b"\n\n");
        let mut message = message.add(self.titles().text().as_bytes());
        let mut rows = Rows::new(self);
        while let Some(row) = rows.next() {
            message = message.add(b"\n").add(self.line(row).text().as_bytes());
        }
        panic!("{}", message.text());
    }
}

impl Line {
    /// The name and the type.
    const fn named(self, place: &Place, width: usize) -> Self {
        let name = Text::<WIDEST>::new().add(place.ident.as_bytes());
        self.to(NAMES).add(name.text().as_bytes()).to(NAMES + width + 2).add(place.ty.as_bytes())
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}", self.head().text(), self.titles().text())?;
        let mut rows = Rows::new(self);
        let mut is_first = true;
        while let Some(row) = rows.next() {
            f.write_str(if is_first { "" } else { "\n" })?;
            f.write_str(self.line(row).text())?;
            is_first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Place, Text};

    #[test]
    fn the_table_shows_every_byte() {
        #[repr(C, align(8))]
        struct Bytes([u8; 32]);
        const FIELDS: &[Place] = &[
            Place::new("level", "u8", 12, 1),
            Place::new("at", "Timestamp", 0, 8),
            Place::new("is_valid", "Option<bool>", 5, 0).sharing(1, 2),
            Place::new("celsius", "Option<f64>", 16, 8).sharing(0, 1),
        ];
        let layout = Layout::of::<Bytes>("Reading", FIELDS).bits(24);
        assert_eq!(layout.padding(), 14);
        assert_eq!(
            layout.to_string(),
            "Reading takes 32 bytes, aligned to 8; 14 are padding

offset  bytes    bits  field      type
     0      8          at         Timestamp
     8      4          (padding)
    12      1          level      u8
    13      3          (padding)
    16      8       0  celsius    Option<f64>
            0   1..=2  is_valid   Option<bool>
    24      1          (bits)     3 of 8 are used
    25      7          (padding)"
        );
    }

    #[test]
    fn a_text_that_has_no_room_ends_in_dots_after_a_whole_character() {
        assert_eq!(Text::<6>::new().add("abcdef".as_bytes()).text(), "abcdef");
        assert_eq!(Text::<6>::new().add("abcdefg".as_bytes()).text(), "abcd..");
        assert_eq!(Text::<6>::new().add("abc\u{e9}fg".as_bytes()).text(), "abc...");
        assert_eq!(Text::<3>::new().number_before(3, 7).text(), "  7");
    }
}
