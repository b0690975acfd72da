//! What a function returns, for policies that keep it.

use std::marker::PhantomData;
use std::time::Duration;

use crate::policy::{Cache, Cached, MarkStale};

/// The type that a function returns. It makes the policies whose types follow from it.
///
/// Of a `Result` by whatever name only `Ok` is kept: its own method `cache` wins over that of the trait [`Whole`]. So does `keeps`
/// of what can say that it is stale.
#[derive(Debug)]
pub struct Returns<R>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    /// The type itself.
    #[allow(clippy::new_without_default, reason = "its type is always named")]
    pub const fn new() -> Self {
        Returns(PhantomData)
    }
}

impl<T, E> Returns<Result<T, E>> {
    /// A cache of what is in `Ok`.
    pub const fn cache<K>(self, size: usize) -> Cache<K, T> {
        Cache::new(size)
    }

    /// A closure that says whether an error counts. As its type is known here, it need not name that of the error.
    pub const fn when<F: Fn(&E) -> bool>(self, when: F) -> F {
        when
    }

    /// One that says whether an error counts as nothing.
    pub const fn ignore<F: Fn(&E) -> bool>(self, ignore: F) -> F {
        ignore
    }

    /// One that reads from an error after which time to call again.
    pub const fn hint<F: Fn(&E) -> Option<Duration>>(self, hint: F) -> F {
        hint
    }

    /// One that is told of failures.
    pub const fn on_retry<F: Fn(&E, u32, Duration)>(self, hook: F) -> F {
        hook
    }
}

impl<T: MarkStale, E> Returns<Result<T, E>> {
    /// A cache keeps what is fresh.
    pub fn keeps<Q: ToOwned + ?Sized>(self, cached: Cached<'_, Q, T>) -> Cached<'_, Q, T> {
        cached.fresh_only()
    }
}

impl<T: MarkStale> Returns<T> {
    /// A cache keeps what is fresh.
    pub fn keeps<Q: ToOwned + ?Sized>(self, cached: Cached<'_, Q, T>) -> Cached<'_, Q, T> {
        cached.fresh_only()
    }
}

/// The same for what is no `Result`.
pub trait Whole {
    /// What is kept.
    type Value;

    /// A cache of all that is returned.
    fn cache<K>(self, size: usize) -> Cache<K, Self::Value>;

    /// It keeps whatever that is.
    fn keeps<Q: ToOwned + ?Sized, V>(self, cached: Cached<'_, Q, V>) -> Cached<'_, Q, V>
    where
        Self: Sized,
    {
        cached
    }
}

impl<R> Whole for Returns<R> {
    type Value = R;

    fn cache<K>(self, size: usize) -> Cache<K, R> {
        Cache::new(size)
    }
}
