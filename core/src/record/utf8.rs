//! Texts from bytes. Most fields are short and ASCII, of which the standard library looks at every byte on its own before it
//! calls them UTF-8: five times the work of finding that no byte has its highest bit set.

#![allow(
    unsafe_code,
    reason = "checks ASCII by the word, and never again by the byte: see `benches/RESULTS.md`, Decoding"
)]

use super::swar;

/// The text, if the bytes are UTF-8.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the answer of a call would go by memory")]
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    if swar::is_ascii(bytes) {
        // SAFETY: every byte is below 0x80, and UTF-8 writes each character below U+0080 as that one byte.
        return Some(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    any_text(bytes)
}

#[inline(never)]
fn any_text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn is_a_text_exactly_where_the_standard_library_says_so() {
        // Miri is slow: two words and what is left over are all that there is to see.
        for len in 0..if cfg!(miri) { 20 } else { 40 } {
            let ascii = vec![b'a'; len];
            assert_eq!(text(&ascii), std::str::from_utf8(&ascii).ok());
            for at in 0..len {
                for byte in [0x00, 0x7F, 0x80, 0xBF, 0xC3, 0xE2, 0xFF] {
                    let mut other = ascii.clone();
                    other[at] = byte;
                    assert_eq!(text(&other), std::str::from_utf8(&other).ok());
                    // The second byte of a character, and one that starts none.
                    if let Some(next) = other.get_mut(at + 1) {
                        *next = 0xA9;
                        assert_eq!(text(&other), std::str::from_utf8(&other).ok());
                    }
                }
            }
        }
    }
}
