//! Whether short texts are the same, without a call.

/// Whether both have the same bytes. Most keys are short: they are compared in place, by a first and a last part that may overlap.
/// A call would also push the search of the table out of registers for each item.
#[inline]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.first() == b.first() && a.get(a.len() / 2) == b.get(a.len() / 2) && a.last() == b.last(),
        4..8 => ends_are::<4>(a, b),
        8..16 => ends_are::<8>(a, b),
        16..=32 => ends_are::<16>(a, b),
        _ => same_long(a, b),
    }
}

#[inline(always)]
fn ends_are<const N: usize>(a: &[u8], b: &[u8]) -> bool {
    a.first_chunk::<N>() == b.first_chunk::<N>() && a.last_chunk::<N>() == b.last_chunk::<N>()
}

#[cold]
#[inline(never)]
fn same_long(a: &[u8], b: &[u8]) -> bool {
    a == b
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn texts_are_the_same_byte_by_byte() {
        for len in 0..80_u8 {
            let text: Vec<u8> = (0..len).collect();
            assert!(same(&text, &text.clone()), "{len}");
            assert!(!same(&text, &(0..=len).collect::<Vec<_>>()), "{len} and one more");
            for at in 0..usize::from(len) {
                let mut other = text.clone();
                other[at] ^= 0x80;
                assert!(!same(&text, &other), "{len}, another at {at}");
            }
        }
    }
}
