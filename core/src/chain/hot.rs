//! Which part of a pipeline is a function of its own.
//!
//! The loop over the items has the registers for itself where nothing else is in its function, and where nothing that it works with
//! has an address that other code knows. So what each part works with is given to it and taken back: the loop of a pipeline that runs
//! is one function, and what happens beside the items another. The loop of an iterator stays in the loop around it, which asks for
//! the items.

use crate::pipeline::End;
use crate::sink::Ended;

/// Says what a closure takes, so that its types are known.
#[inline(always)]
pub fn taking<A, R, G, const N: usize>(_with: &A, items: G) -> G
where
    G: FnOnce(A, &mut [u64; N]) -> R,
{
    items
}

/// Runs the loop over the items in a function of its own.
#[inline(never)]
pub fn hot<A, R, const N: usize>(with: A, counts: &mut [u64; N], items: impl FnOnce(A, &mut [u64; N]) -> R) -> R {
    items(with, counts)
}

/// Counters that no other code knows, which go home when the loop is left, also by a panic. The loop copies them itself: it is
/// optimised before it becomes a part of [`hot`], and what it counts through a reference is in memory until then.
#[derive(Debug)]
pub struct Local<'h, const N: usize> {
    /// One for each edge.
    pub counts: [u64; N],
    home: &'h mut [u64; N],
}

impl<'h, const N: usize> Local<'h, N> {
    /// A copy of these.
    #[inline(always)]
    pub fn new(home: &'h mut [u64; N]) -> Self {
        Local { counts: *home, home }
    }
}

impl<const N: usize> Drop for Local<'_, N> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.home = self.counts;
    }
}

/// Runs what happens beside the items in a function of its own.
#[cold]
#[inline(never)]
pub fn apart<A, R>(with: A, cold: impl FnOnce(A) -> R) -> R {
    cold(with)
}

impl<O> End<Ended<O>> {
    /// A pipeline that runs: its loop is a function.
    #[inline(always)]
    pub fn hot<A, R, const N: usize>(
        &self,
        with: A,
        counts: &mut [u64; N],
        items: impl FnOnce(A, &mut [u64; N]) -> R,
    ) -> R {
        hot(with, counts, items)
    }
}

/// The second choice of [`End`].
pub trait Inlines {
    /// An iterator: its loop is left for each item, and stays in the loop around it.
    fn hot<A, R, const N: usize>(&self, with: A, counts: &mut [u64; N], items: impl FnOnce(A, &mut [u64; N]) -> R)
    -> R;
}

impl<T> Inlines for End<T> {
    #[inline(always)]
    fn hot<A, R, const N: usize>(
        &self,
        with: A,
        counts: &mut [u64; N],
        items: impl FnOnce(A, &mut [u64; N]) -> R,
    ) -> R {
        items(with, counts)
    }
}
