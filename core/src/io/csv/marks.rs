//! Which of 64 bytes mean something to CSV, as bits.

use super::options::Dialect;

/// As many bytes as a word has bits.
pub(super) const BLOCK: usize = 64;

/// A bit for each byte of a block, the first byte's the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// Delimiters and stops.
    pub(super) all: u64,
    /// Line ends, and quotes, whatever they mean.
    pub(super) stops: u64,
}

impl Marks {
    /// Of bytes that are fewer than a block.
    pub(super) fn of_part(bytes: &[u8], dialect: Dialect) -> Self {
        let mut block = [0; BLOCK];
        let len = bytes.len().min(BLOCK);
        block[..len].copy_from_slice(&bytes[..len]);
        let Marks { all, stops } = Marks::of(&block, dialect);
        // What the bytes were filled up with may be the delimiter.
        let there = !u64::MAX.checked_shl(u32::try_from(len).unwrap_or(u32::MAX)).unwrap_or(0);
        Marks { all: all & there, stops: stops & there }
    }

    /// Sixteen bytes at a time: SSE2, which every x86-64 has.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK], dialect: Dialect) -> Self {
        use safe_arch::{
            bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, move_mask_i8_m128i, set_splat_i8_m128i,
        };

        let bits = |found: m128i| u64::from(move_mask_i8_m128i(found).cast_unsigned());
        let (mut all, mut stops) = (0, 0);
        for bytes in block.as_chunks::<16>().0.iter().rev() {
            let bytes = load_unaligned_m128i(bytes);
            let are = |byte: u8| cmp_eq_mask_i8_m128i(bytes, set_splat_i8_m128i(byte.cast_signed()));
            let stop = bitor_m128i(bitor_m128i(are(b'\n'), are(b'\r')), are(dialect.quote));
            stops = stops << 16 | bits(stop);
            all = all << 16 | bits(bitor_m128i(stop, are(dialect.delimiter)));
        }
        Marks { all, stops }
    }

    #[cfg(not(target_arch = "x86_64"))]
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK], dialect: Dialect) -> Self {
        Marks::by_words(block, dialect)
    }

    /// Eight bytes at a time, in an ordinary word.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    #[inline]
    fn by_words(block: &[u8; BLOCK], dialect: Dialect) -> Self {
        let (mut all, mut stops) = (0, 0);
        for bytes in block.as_chunks::<8>().0.iter().rev() {
            let word = u64::from_le_bytes(*bytes);
            let stop = tops_of(word, b'\n') | tops_of(word, b'\r') | tops_of(word, dialect.quote);
            stops = stops << 8 | gathered(stop);
            all = all << 8 | gathered(stop | tops_of(word, dialect.delimiter));
        }
        Marks { all, stops }
    }
}

/// The highest bit of each byte that is `byte`. No byte carries into the next one, so none is found that is another.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn tops_of(word: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    let zero_if = word ^ u64::from_le_bytes([byte; 8]);
    !(((zero_if & LOW) + LOW) | zero_if | LOW)
}

/// The highest bits of the bytes, side by side.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn gathered(tops: u64) -> u64 {
    (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(bytes: &[u8], Dialect { delimiter, quote }: Dialect) -> Marks {
        let bits = |is: &dyn Fn(u8) -> bool| bytes.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)));
        let stop = |byte| byte == b'\n' || byte == b'\r' || byte == quote;
        Marks { all: bits(&|byte| stop(byte) || byte == delimiter), stops: bits(&stop) }
    }

    proptest! {
        #[test]
        fn every_form_finds_the_same(
            // Neighbours of what is looked for, in all their bits.
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(
                b",\"\n\r\0\x0B\x0C\x8A\x8D\xAC\xA2-+#!".to_vec()
            )], 0..=BLOCK),
            delimiter in proptest::sample::select(b",;\0\t".to_vec()),
        ) {
            let dialect = Dialect { delimiter, quote: b'"' };
            let expected = one_by_one(&bytes, dialect);
            prop_assert_eq!(Marks::of_part(&bytes, dialect), expected);
            if let Ok(block) = <[u8; BLOCK]>::try_from(bytes) {
                prop_assert_eq!(Marks::of(&block, dialect), expected);
                prop_assert_eq!(Marks::by_words(&block, dialect), expected);
            }
        }

        #[test]
        fn full_blocks_too(bytes in proptest::array::uniform32(proptest::array::uniform2(any::<u8>()))) {
            let mut block = [0; BLOCK];
            block.copy_from_slice(bytes.as_flattened());
            for delimiter in [b',', bytes[0][0] & 0x7F] {
                let dialect = Dialect { delimiter, quote: bytes[7][1] };
                let expected = one_by_one(&block, dialect);
                prop_assert_eq!(Marks::of(&block, dialect), expected);
                prop_assert_eq!(Marks::by_words(&block, dialect), expected);
            }
        }
    }
}
