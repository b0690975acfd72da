//! How the fields of a packed record are kept: in slots, and in bits that all of them share.
//!
//! An `Option<f64>` takes 16 bytes, of which one bit says whether there is a number. Here the number has a slot of 8 bytes, and the bit
//! is one of the record's.

use std::marker::PhantomData;

/// The bits that the fields of a record share. They take whole bytes, so they never need padding of their own.
#[derive(Clone, Copy, Debug)]
pub struct Bits<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Bits<BYTES> {
    /// All of them unset.
    #[inline]
    pub const fn new() -> Self {
        Bits([0; BYTES])
    }

    #[inline]
    const fn get(&self, at: usize) -> bool {
        self.0[at / 8] >> (at % 8) & 1 == 1
    }

    #[inline]
    const fn set(&mut self, at: usize, bit: bool) {
        self.0[at / 8] = self.0[at / 8] & !(1 << (at % 8)) | (bit as u8) << (at % 8);
    }
}

impl<const BYTES: usize> Default for Bits<BYTES> {
    fn default() -> Self {
        Bits::new()
    }
}

/// How many bytes hold the bits of these fields.
pub const fn bytes(bits: &[usize]) -> usize {
    let mut sum = 0_usize;
    let mut i = 0;
    while i < bits.len() {
        sum += bits[i];
        i += 1;
    }
    sum.div_ceil(8)
}

/// The first bit of each of these fields.
pub const fn places<const N: usize>(bits: [usize; N]) -> [usize; N] {
    let mut places = [0; N];
    let mut i = 1;
    while i < N {
        places[i] = places[i - 1] + bits[i - 1];
        i += 1;
    }
    places
}

/// Asks whether values of a type are kept bare. `Is::<T>::BARE` finds this constant where the bounds hold, and else that of [`IsNot`],
/// which must be in scope.
#[derive(Debug)]
pub struct Is<T>(PhantomData<T>);

impl<T: Copy + Default> Is<T> {
    /// Whether an `Option` of it takes more bytes than the value: where it takes no more, there is nothing to save.
    pub const BARE: bool = size_of::<Option<T>>() > size_of::<T>();
}

/// The answer for all other types.
pub trait IsNot {
    /// They are kept as they are.
    const BARE: bool = false;
}

impl<T> IsNot for Is<T> {}

/// A way to keep values of type `T`: in a slot of their own, in bits from the `at`-th on, or in both.
pub trait Keep<T> {
    /// The slot of its own.
    type Slot;
    /// How many bits.
    const BITS: usize;

    /// Takes the value apart.
    fn put<const N: usize>(value: T, bits: &mut Bits<N>, at: usize) -> Self::Slot;

    /// Lends the value, put together again.
    fn lend<const N: usize, R>(slot: &Self::Slot, bits: &Bits<N>, at: usize, to: impl FnOnce(&T) -> R) -> R;

    /// Puts another value in its place.
    fn replace<const N: usize>(slot: &mut Self::Slot, bits: &mut Bits<N>, at: usize, value: T) -> T;
}

/// A way to keep an `Option`, of which what it holds can be lent for as long as the record.
pub trait KeepOption<T>: Keep<Option<T>> {
    /// What it holds.
    fn get<'s, const N: usize>(slot: &'s Self::Slot, bits: &Bits<N>, at: usize) -> Option<&'s T>;
}

/// As in any struct.
#[derive(Debug)]
pub struct AsIs;

impl<T> Keep<T> for AsIs {
    type Slot = T;
    const BITS: usize = 0;

    #[inline]
    fn put<const N: usize>(value: T, _: &mut Bits<N>, _: usize) -> T {
        value
    }

    #[inline]
    fn lend<const N: usize, R>(slot: &T, _: &Bits<N>, _: usize, to: impl FnOnce(&T) -> R) -> R {
        to(slot)
    }

    #[inline]
    fn replace<const N: usize>(slot: &mut T, _: &mut Bits<N>, _: usize, value: T) -> T {
        std::mem::replace(slot, value)
    }
}

impl<T> KeepOption<T> for AsIs {
    #[inline]
    fn get<'s, const N: usize>(slot: &'s Option<T>, _: &Bits<N>, _: usize) -> Option<&'s T> {
        slot.as_ref()
    }
}

/// A `bool`, which is a bit.
#[derive(Debug)]
pub struct Flag;

impl Keep<bool> for Flag {
    type Slot = ();
    const BITS: usize = 1;

    #[inline]
    fn put<const N: usize>(value: bool, bits: &mut Bits<N>, at: usize) {
        bits.set(at, value);
    }

    #[inline]
    fn lend<const N: usize, R>((): &(), bits: &Bits<N>, at: usize, to: impl FnOnce(&bool) -> R) -> R {
        to(&bits.get(at))
    }

    #[inline]
    fn replace<const N: usize>((): &mut (), bits: &mut Bits<N>, at: usize, value: bool) -> bool {
        let before = bits.get(at);
        bits.set(at, value);
        before
    }
}

/// An `Option<bool>`, which is two bits: whether there is one, and which.
#[derive(Debug)]
pub struct OptionalFlag;

impl Keep<Option<bool>> for OptionalFlag {
    type Slot = ();
    const BITS: usize = 2;

    #[inline]
    fn put<const N: usize>(value: Option<bool>, bits: &mut Bits<N>, at: usize) {
        bits.set(at, value.is_some());
        bits.set(at + 1, value == Some(true));
    }

    #[inline]
    fn lend<const N: usize, R>((): &(), bits: &Bits<N>, at: usize, to: impl FnOnce(&Option<bool>) -> R) -> R {
        to(&bits.get(at).then_some(bits.get(at + 1)))
    }

    #[inline]
    fn replace<const N: usize>(slot: &mut (), bits: &mut Bits<N>, at: usize, value: Option<bool>) -> Option<bool> {
        let before = Self::lend(slot, bits, at, |value| *value);
        Self::put(value, bits, at);
        before
    }
}

/// An `Option` of something else: where it is worth it, a bare value and a bit that says whether it is there.
#[derive(Debug)]
pub struct Optional<const BARE: bool>;

/// What is not there is the default value, of which nobody ever sees anything.
impl<T: Copy + Default> Keep<Option<T>> for Optional<true> {
    type Slot = T;
    const BITS: usize = 1;

    #[inline]
    fn put<const N: usize>(value: Option<T>, bits: &mut Bits<N>, at: usize) -> T {
        bits.set(at, value.is_some());
        value.unwrap_or_default()
    }

    #[inline]
    fn lend<const N: usize, R>(slot: &T, bits: &Bits<N>, at: usize, to: impl FnOnce(&Option<T>) -> R) -> R {
        to(&bits.get(at).then_some(*slot))
    }

    #[inline]
    fn replace<const N: usize>(slot: &mut T, bits: &mut Bits<N>, at: usize, value: Option<T>) -> Option<T> {
        let before = bits.get(at).then_some(*slot);
        *slot = Self::put(value, bits, at);
        before
    }
}

impl<T: Copy + Default> KeepOption<T> for Optional<true> {
    #[inline]
    fn get<'s, const N: usize>(slot: &'s T, bits: &Bits<N>, at: usize) -> Option<&'s T> {
        bits.get(at).then_some(slot)
    }
}

impl<T> Keep<Option<T>> for Optional<false> {
    type Slot = Option<T>;
    const BITS: usize = 0;

    #[inline]
    fn put<const N: usize>(value: Option<T>, _: &mut Bits<N>, _: usize) -> Option<T> {
        value
    }

    #[inline]
    fn lend<const N: usize, R>(slot: &Option<T>, _: &Bits<N>, _: usize, to: impl FnOnce(&Option<T>) -> R) -> R {
        to(slot)
    }

    #[inline]
    fn replace<const N: usize>(slot: &mut Option<T>, _: &mut Bits<N>, _: usize, value: Option<T>) -> Option<T> {
        std::mem::replace(slot, value)
    }
}

impl<T> KeepOption<T> for Optional<false> {
    #[inline]
    fn get<'s, const N: usize>(slot: &'s Option<T>, _: &Bits<N>, _: usize) -> Option<&'s T> {
        slot.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::{AsIs, Bits, Flag, Is, IsNot as _, Keep, Optional, OptionalFlag, bytes, places};
    use crate::record::{Symbol, Timestamp};

    /// Puts, lends and replaces each of the values, among bits that all are set or all are not.
    fn keeps<T: Copy + PartialEq + std::fmt::Debug, K: Keep<T>>(values: &[T]) {
        for (value, other) in values.iter().flat_map(|value| values.iter().map(move |other| (*value, *other))) {
            for set in [0, 0xFF] {
                let mut bits = Bits([set; 2]);
                let mut slot = K::put(value, &mut bits, 7);
                assert_eq!(K::lend(&slot, &bits, 7, |value| *value), value);
                assert_eq!(K::replace(&mut slot, &mut bits, 7, other), value);
                assert_eq!(K::lend(&slot, &bits, 7, |value| *value), other);
                let others: Vec<bool> =
                    (0..16).filter(|at| !(7..7 + K::BITS).contains(at)).map(|at| bits.get(at)).collect();
                assert!(others.iter().all(|bit| *bit == (set != 0)), "{value:?} changed the bits of others: {bits:?}");
            }
        }
    }

    #[test]
    fn what_is_kept_is_given_back_and_touches_no_bits_of_others() {
        keeps::<_, AsIs>(&[1_u8, 2]);
        keeps::<_, Flag>(&[true, false]);
        keeps::<_, OptionalFlag>(&[None, Some(false), Some(true)]);
        keeps::<_, Optional<true>>(&[None, Some(0.0), Some(-1.5)]);
        keeps::<_, Optional<false>>(&[None, Some('a'), Some('b')]);
    }

    #[test]
    fn bare_is_what_an_option_makes_larger_and_copies() {
        assert_eq!((Is::<f64>::BARE, Is::<u8>::BARE, Is::<Timestamp>::BARE), (true, true, true));
        assert_eq!((Is::<char>::BARE, Is::<&str>::BARE, Is::<bool>::BARE), (false, false, false));
        assert_eq!((Is::<String>::BARE, Is::<Symbol>::BARE, Is::<[String; 2]>::BARE), (false, false, false));
    }

    #[test]
    fn bits_stand_one_behind_the_other() {
        assert_eq!(places([1, 0, 2, 1]), [0, 1, 1, 3]);
        assert_eq!((bytes(&[]), bytes(&[0]), bytes(&[1, 7]), bytes(&[1, 7, 1])), (0, 0, 1, 2));
    }
}
