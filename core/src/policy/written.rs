//! What the attributes of policies write down calls, and only that.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

pub use ::{core, std};

pub use super::state::{PerWorld, Returns, State, Whole};
pub use super::{
    Before, Budget, Bulkhead, Call, Causes, CircuitBreaker, CircuitBreakers, Deadline, Jitter, Layer, LentKey, Policy,
    RateLimit, Retry, Stack, Stats, Timeout,
};
use crate::clock;

/// Keeps this thread for as long.
#[cold]
pub fn sleep(time: Duration) {
    clock::sleep(time);
}

/// Keeps this task for as long.
#[cfg(feature = "async")]
#[cold]
pub fn sleep_async(time: Duration) -> impl Future<Output = ()> {
    clock::sleep_async(time)
}

impl<R> Clone for Returns<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Returns<R> {}

impl<R> Returns<R> {
    /// Runs a body once. That it is once is known to the closure, so it may use up and lend on what it captures.
    #[inline(always)]
    pub fn once(self, body: impl FnOnce() -> R) -> R {
        body()
    }

    /// Never called: a `return` of it says what an `async` block returns.
    #[cold]
    pub fn never(self) -> R {
        unreachable!("it says a type")
    }

    /// Refuses what a policy cannot stand around when it is compiled.
    #[inline(always)]
    pub fn blocks<P: Policy<R>>(self, _policy: &P) {
        const { assert!(!P::ASYNC_ONLY, "this policy does nothing to a function that blocks; make the function `async`") };
    }

    /// Refuses what would have to run the body more than once.
    #[inline(always)]
    pub fn calls_once<P: Policy<R>>(self, _policy: &P) {
        const { assert!(!P::REPEATS, "this policy calls again; write `#[retry(with = ..)]`") };
    }

    /// A policy that is made elsewhere, or a reference to it.
    pub const fn given<P>(self, policy: &P) -> Given<'_, R, P> {
        Given(policy, self)
    }

    /// [`Policy::before`].
    #[inline(always)]
    pub fn before<'p, P: Policy<R>>(self, policy: &'p P, call: &Call) -> Before<'p, P::Permit, R> {
        policy.before(call)
    }

    /// [`Policy::after`].
    #[inline(always)]
    pub fn after<P: Policy<R>>(self, policy: &P, call: &Call, permit: P::Permit, outcome: R) -> R {
        policy.after(call, permit, outcome)
    }

    /// [`Policy::again`].
    #[inline(always)]
    pub fn again<P: Policy<R>>(self, policy: &P, call: &Call, permit: &mut P::Permit, outcome: &R) -> Option<Duration> {
        const { assert!(P::REPEATS, "this policy never calls again; write `#[wrap(..)]`") };
        policy.again(call, permit, outcome)
    }

    /// [`Policy::around`].
    #[inline(always)]
    pub fn around<P: Policy<R>>(
        self,
        policy: &P,
        call: &Call,
        attempt: impl Future<Output = R>,
    ) -> impl Future<Output = R> {
        policy.around(call, attempt)
    }
}

/// A policy that is made elsewhere. It may be lent, and one that is implemented for a reference to it is itself lent.
///
/// Which of both it is is found by method lookup: what a reference to a policy has wins over the trait [`GivenPolicy`].
#[derive(Debug)]
pub struct Given<'g, R, P>(&'g P, Returns<R>);

impl<'g, R, P: Policy<R>> Given<'g, R, &'g P> {
    /// The policy.
    #[inline(always)]
    pub fn policy(self) -> &'g P {
        self.0
    }
}

/// A policy that is given by value.
pub trait GivenPolicy<'g, P> {
    /// The policy.
    fn policy(self) -> &'g P;
}

impl<'g, R, P> GivenPolicy<'g, P> for Given<'g, R, P> {
    #[inline(always)]
    fn policy(self) -> &'g P {
        self.0
    }
}

/// A type of arguments that are passed by value to a function that may run several times.
///
/// Whether they can be copied is found by method lookup: [`Copies`] is for a reference to it, which is looked at first.
#[derive(Debug)]
pub struct Passed<T>(PhantomData<fn(T)>);

impl<T> Passed<T> {
    /// This type.
    #[allow(clippy::new_without_default, reason = "its type is always named")]
    pub const fn new() -> Self {
        Passed(PhantomData)
    }
}

/// The type of this argument.
pub const fn passed<T>(_: &T) -> Passed<T> {
    Passed::new()
}

/// How arguments that are `Copy` are passed to each attempt.
pub trait Copies {
    /// As they are.
    fn way(&self) -> ByCopy {
        ByCopy
    }
}

impl<T: Copy> Copies for &Passed<T> {}

/// How all others are.
pub trait Clones {
    /// What is cloned.
    type Argument;

    /// As a clone, while another attempt may follow.
    fn way(&self) -> ByClone<Self::Argument> {
        ByClone(PhantomData)
    }
}

impl<T> Clones for Passed<T> {
    type Argument = T;
}

/// An argument is copied for each attempt.
#[derive(Clone, Copy, Debug)]
pub struct ByCopy;

/// An argument is cloned before each attempt that another may follow, and moved into the last.
#[derive(Debug)]
pub struct ByClone<T>(PhantomData<fn(T)>);

impl ByCopy {
    /// Whether it costs anything.
    pub const fn clones(self) -> bool {
        false
    }

    /// Keeps an argument for the attempts.
    #[inline(always)]
    pub const fn keep<T: Copy>(self, argument: T) -> Argument<T, ByCopy> {
        Argument(argument, PhantomData)
    }
}

impl<T> ByClone<T> {
    /// Whether it costs anything.
    pub const fn clones(self) -> bool {
        true
    }

    /// Keeps an argument for the attempts.
    #[inline(always)]
    pub fn keep(self, argument: T) -> Argument<Option<T>, ByClone<T>>
    where
        T: Repeatable,
    {
        Argument(Some(argument), PhantomData)
    }
}

/// An argument that each attempt gets.
#[derive(Debug)]
pub struct Argument<T, W>(T, PhantomData<W>);

impl<T: Copy> Argument<T, ByCopy> {
    /// It, for one attempt.
    #[inline(always)]
    pub fn attempt(&mut self, _another_may_follow: bool) -> T {
        self.0
    }
}

impl<T> Argument<Option<T>, ByClone<T>> {
    /// It, for one attempt.
    ///
    /// # Panics
    /// When the last attempt was not the last one.
    #[inline(always)]
    pub fn attempt(&mut self, another_may_follow: bool) -> T
    where
        T: Repeatable,
    {
        let argument = if another_may_follow { self.0.as_ref().map(T::repeat) } else { self.0.take() };
        match argument {
            Some(argument) => argument,
            None => unreachable!("no attempt follows the last one"),
        }
    }
}

/// What an argument passed by value must be where the function may run several times.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed to more than one attempt",
    label = "each attempt of `#[retry]` needs an argument of its own",
    note = "pass it by reference, or derive `Clone` for `{Self}`"
)]
pub trait Repeatable {
    /// Another one.
    #[must_use]
    fn repeat(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Repeatable for T {
    #[inline(always)]
    fn repeat(&self) -> Self {
        self.clone()
    }
}

/// What `self` must be where a method that takes it by value may run several times.
#[diagnostic::on_unimplemented(
    message = "`self` is used up by the first attempt",
    label = "`{Self}` is not `Copy`",
    note = "take `&self`, and clone in the body what has to be owned"
)]
pub trait RepeatableSelf {}

#[diagnostic::do_not_recommend]
impl<T: Copy> RepeatableSelf for T {}

/// Is an error, at `self`, where it cannot be used by several attempts.
#[inline(always)]
pub const fn receiver<T: RepeatableSelf>(_: &T) {}

/// An argument that is a key, or part of one.
///
/// Whether it can be is found by method lookup: what a key has wins over [`NoKey`], which is the one error where it is none.
#[derive(Debug)]
pub struct KeyPart<'k, Q: ?Sized>(pub &'k Q);

impl<'k, Q: LentKey + ?Sized> KeyPart<'k, Q> {
    /// What is kept of it.
    #[inline(always)]
    pub fn owned(self) -> Q::Owned {
        self.0.to_owned()
    }

    /// What it is looked up by.
    #[inline(always)]
    pub fn lent(self) -> &'k Q {
        self.0
    }
}

/// What an argument must be that is part of a key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` tells no calls apart: it is not `Hash`, `Eq` and `Clone`",
    label = "this argument cannot be part of the key",
    note = "write `key = ..` with what tells calls apart, such as `key = id`, or `key = (id, day)` for several arguments"
)]
pub trait TellsApart {}

#[diagnostic::do_not_recommend]
impl<Q: LentKey + ?Sized> TellsApart for Q {}

/// An argument that is no key. What stands for it is one, so that nothing else is reported.
pub trait NoKey<Q: ?Sized>: Sized {
    /// Nothing.
    fn owned(self)
    where
        Q: TellsApart,
    {
    }

    /// Nothing.
    fn lent(self) -> &'static ()
    where
        Q: TellsApart,
    {
        &()
    }
}

impl<Q: ?Sized> NoKey<Q> for KeyPart<'_, Q> {}

/// A key that is an expression. Of a reference what `ToOwned` makes of it is kept, of all else the value itself.
///
/// Which of both it is is found by method lookup: what a reference has wins over the traits [`WholeKey`] and [`LentWhole`].
#[derive(Debug)]
pub struct Key<T>(pub T);

impl<Q: ToOwned + ?Sized> Key<&Q> {
    /// What is kept.
    #[inline(always)]
    pub fn owned(self) -> Q::Owned {
        self.0.to_owned()
    }
}

impl<'k, Q: ToOwned + ?Sized> Key<&&'k Q> {
    /// What it is looked up by.
    #[inline(always)]
    pub fn lent(self) -> &'k Q {
        self.0
    }
}

/// How a key that is no reference is kept.
pub trait WholeKey<T> {
    /// As it is.
    fn owned(self) -> T;
}

impl<T> WholeKey<T> for Key<T> {
    #[inline(always)]
    fn owned(self) -> T {
        self.0
    }
}

/// How a key that is no reference is looked up.
pub trait LentWhole<'k, T> {
    /// By itself.
    fn lent(self) -> &'k T;
}

impl<'k, T> LentWhole<'k, T> for Key<&'k T> {
    #[inline(always)]
    fn lent(self) -> &'k T {
        self.0
    }
}

/// What stands around a function; of the arguments those that are cloned.
pub fn stack(function: &'static str, layers: &'static [Layer], arguments: &[(&'static str, bool)]) -> Stack {
    let cloned = arguments.iter().filter(|(_, cloned)| *cloned).map(|(name, _)| *name).collect();
    Stack { function, layers, cloned }
}
