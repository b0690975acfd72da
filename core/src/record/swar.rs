//! Short texts and decimal digits, eight bytes at a time: each byte of a `u64` is a lane, the first byte the lowest.

/// A text of eight bytes as it must look: where digits stand, and which byte stands elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    bytes: u64,
    /// What carries a lane that is too large into its highest bit: above 9 where a digit stands, above 0 elsewhere.
    excess: u64,
}

/// Eight digits.
const DIGITS: Shape = Shape::of(*b"00000000");

/// The highest bit of each lane.
const HIGH: u64 = each_lane(0x80);

/// The byte in every lane.
const fn each_lane(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each lane below `byte`, which is at most 0x80, up to the first such lane: bits above that mean nothing.
#[inline]
pub(super) fn below(word: u64, byte: u8) -> u64 {
    word.wrapping_sub(each_lane(byte)) & !word & HIGH
}

/// The same for lanes that are `byte`.
#[inline]
pub(super) fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ each_lane(byte), 1)
}

/// The first lane of which the highest bit is set.
#[inline]
pub(super) fn first(highs: u64) -> usize {
    (highs.trailing_zeros() / 8) as usize
}

impl Shape {
    /// The shape of such a text, in which every digit is written as `0`: `00:00:00`.
    pub(super) const fn of(text: [u8; 8]) -> Self {
        let (mut excess, mut i) = ([0; 8], 0);
        while i < text.len() {
            excess[i] = if text[i] == b'0' { 0x80 - 10 } else { 0x80 - 1 };
            i += 1;
        }
        Shape { bytes: u64::from_le_bytes(text), excess: u64::from_le_bytes(excess) }
    }

    /// The value of each digit, and 0 where another byte stands.
    #[inline]
    pub(super) fn lanes(self, text: [u8; 8]) -> Lanes {
        let values = u64::from_le_bytes(text) ^ self.bytes;
        Lanes { values, wrong: self.wrong(values) }
    }

    /// The lanes that hold too much.
    #[inline]
    fn wrong(self, values: u64) -> u64 {
        // A lane that is so large that it carries into the next one has its own highest bit set.
        (values | values.wrapping_add(self.excess)) & HIGH
    }
}

/// The digits of a text, one in each lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    values: u64,
    /// Zero if the text has the shape.
    pub(super) wrong: u64,
}

impl Lanes {
    /// Each digit and the one after it as a number below 100, in the lane of the first.
    #[inline]
    pub(super) fn pairs(self) -> u64 {
        self.values.wrapping_mul(10).wrapping_add(self.values >> 8)
    }

    /// All eight digits as one number.
    #[inline]
    pub(super) fn number(self) -> u64 {
        // Neighbours are joined three times: to 4 numbers below 100, to 2 below 10,000, to 1.
        let pairs = self.pairs() & 0x00FF_00FF_00FF_00FF;
        let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
        fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
    }
}

/// Up to eight bytes of a text, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// The lanes above the last byte are zero.
    bytes: u64,
    len: usize,
}

impl Word {
    /// The bytes of a text that is neither empty nor longer than a word.
    #[inline]
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let len = text.len();
        let bytes = match *text {
            [a] => a.into(),
            [a, b] => u16::from_le_bytes([a, b]).into(),
            [a, b, c] => u32::from_le_bytes([a, b, c, 0]).into(),
            _ if len <= 8 => {
                // Where they overlap, the same bytes come to the same lanes.
                let [first, last] = both_ends(text)?;
                u64::from(first) | (u64::from(last) << (8 * (len - 4)))
            }
            _ => return None,
        };
        Some(Word { bytes, len })
    }

    /// Without the first point, and how many bytes followed it.
    #[inline]
    pub(super) fn without_point(self) -> (Self, usize) {
        let points = equal(self.bytes, b'.');
        if points == 0 {
            return (self, 0);
        }
        let (point, len) = (first(points), self.len - 1);
        let before = (1 << (8 * point)) - 1;
        let bytes = (self.bytes & before) | ((self.bytes >> 8) & !before);
        (Word { bytes, len }, len - point)
    }

    /// The value, if there are digits and nothing else.
    #[inline]
    pub(super) fn digits(self) -> Option<u64> {
        if self.len == 0 {
            return None;
        }
        // The digits move to the end of the word, and zeros in front of them.
        let values = (self.bytes ^ DIGITS.bytes) << (64 - 8 * self.len);
        let lanes = Lanes { values, wrong: DIGITS.wrong(values) };
        (lanes.wrong == 0).then(|| lanes.number())
    }
}

/// Whether no byte has its highest bit set. The standard library looks at each byte on its own where there are few.
#[inline]
pub(super) fn is_ascii(text: &[u8]) -> bool {
    match text.len() {
        4..=8 => both_ends(text).is_some_and(|[first, last]| (first | last) & u32::from_le_bytes([0x80; 4]) == 0),
        9..=16 => {
            let ends = text.first_chunk().zip(text.last_chunk());
            ends.is_some_and(|(first, last)| (u64::from_le_bytes(*first) | u64::from_le_bytes(*last)) & HIGH == 0)
        }
        _ => text.is_ascii(),
    }
}

/// The first four bytes and the last four, which overlap where there are fewer than eight.
#[inline]
fn both_ends(text: &[u8]) -> Option<[u32; 2]> {
    Some([u32::from_le_bytes(*text.first_chunk()?), u32::from_le_bytes(*text.last_chunk()?)])
}

/// The value of 1 to 18 digits, which any `u64` and `i64` holds.
#[inline]
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    match Word::of(text) {
        Some(word) => word.digits(),
        None => many_digits(text),
    }
}

fn many_digits(mut text: &[u8]) -> Option<u64> {
    if !(1..=18).contains(&text.len()) {
        return None;
    }
    let mut value = 0;
    while let Some((eight, rest)) = text.split_first_chunk() {
        let lanes = DIGITS.lanes(*eight);
        if lanes.wrong != 0 {
            return None;
        }
        (value, text) = (value * 100_000_000 + lanes.number(), rest);
    }
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Shape, below, digits, equal, first};

    #[test]
    fn a_lane_is_right_for_its_own_byte_alone() {
        let shape = Shape::of(*b"00:00:00");
        for lane in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = *b"12:34:56";
                text[lane] = byte;
                let right = if lane % 3 == 2 { byte == b':' } else { byte.is_ascii_digit() };
                assert_eq!(shape.lanes(text).wrong == 0, right, "{}", text.escape_ascii());
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_lane_is_found(bytes: [u8; 8], byte in 0..=0x80_u8) {
            let lane = |found: u64| (found != 0).then(|| first(found));
            let word = u64::from_le_bytes(bytes);
            prop_assert_eq!(lane(below(word, byte)), bytes.iter().position(|other| *other < byte));
            prop_assert_eq!(lane(equal(word, bytes[5])), bytes.iter().position(|other| *other == bytes[5]));
            prop_assert_eq!(lane(equal(word, byte)), bytes.iter().position(|other| *other == byte));
        }

        #[test]
        fn no_bytes_pass_but_those_of_the_shape(text: [u8; 8]) {
            let right = text.iter().all(u8::is_ascii_digit);
            prop_assert_eq!(Shape::of(*b"00000000").lanes(text).wrong == 0, right);
        }

        #[test]
        fn digits_are_read_as_std_reads_them(text in "[0-9]{1,18}|[0-9]{0,20}|[0-9]{0,9}[-+ .:/a0][0-9]{0,9}") {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 18;
            prop_assert_eq!(digits(text.as_bytes()), text.parse().ok().filter(|_| plain));
        }
    }
}
