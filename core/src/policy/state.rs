//! What a function keeps between its calls, for code that cannot name its type.

mod lru;
mod per_world;
mod returns;

use std::any::{Any, type_name};
use std::fmt;
use std::sync::OnceLock;

pub use lru::{CallKey, LentKey};
pub(super) use lru::{Lru, lives};
pub use per_world::PerWorld;
pub use returns::{Returns, Whole};

use super::cached::Stats;

/// What the policy of a function keeps: made by the first call, found by all others.
///
/// Stands in a `static`. What is in it has a type that only the compiler knows, as that depends on the function's arguments.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::state::{Returns, State, Whole as _};
///
/// static STATE: State = State::new();
///
/// fn double(n: u64) -> u64 {
///     STATE.get(|| Returns::<u64>::new().cache(8)).run(n, || n * 2)
/// }
///
/// assert_eq!(STATE.stats().size, 0);
/// assert_eq!([double(2), double(2)], [4, 4]);
/// assert_eq!(STATE.stats().hits, 1);
/// ```
pub struct State(OnceLock<Box<dyn Kept>>);

/// What can be kept in a [`State`], and is asked of it whatever its type.
pub trait Kept: Any + Send + Sync {
    /// How often it helped, where that is counted.
    fn stats(&self) -> Stats {
        Stats::default()
    }

    /// Forgets all it has.
    fn clear(&self) {}
}

impl State {
    /// Nothing yet.
    #[allow(clippy::new_without_default, reason = "it stands in a static")]
    pub const fn new() -> Self {
        State(OnceLock::new())
    }

    /// What is kept, made now if this is the first call.
    ///
    /// # Panics
    /// When something of another type is kept: each state is for one function, and one that is not generic.
    #[inline]
    pub fn get<T: Kept>(&self, make: impl FnOnce() -> T) -> &T {
        let kept: &dyn Any = &**self.0.get_or_init(|| Box::new(make()));
        match kept.downcast_ref() {
            Some(kept) => kept,
            None => other_type(type_name::<T>()),
        }
    }

    /// How often what is kept helped; nothing before the first call.
    pub fn stats(&self) -> Stats {
        self.0.get().map(|kept| kept.stats()).unwrap_or_default()
    }

    /// Forgets what is kept.
    pub fn clear(&self) {
        if let Some(kept) = self.0.get() {
            kept.clear();
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cold]
#[inline(never)]
fn other_type(wanted: &str) -> ! {
    panic!(
        "the state of this function has another type than `{wanted}`; a generic function needs a policy of its own by `with = ..`"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Text(&'static str);
    impl Kept for Text {}

    struct Number;
    impl Kept for Number {}

    #[test]
    fn it_is_made_once() {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let state = State::new();
        let ask = || state.get(|| Text(["first", "second"][MADE.fetch_add(1, Ordering::Relaxed) as usize])).0;
        assert_eq!([ask(), ask()], ["first", "first"]);
    }

    #[test]
    fn without_figures_of_its_own_it_has_none() {
        let state = State::new();
        state.get(|| Number);
        state.clear();
        assert_eq!(state.stats(), Stats::default());
        assert_eq!(format!("{state:?}"), "State { stats: Stats { hits: 0, misses: 0, size: 0 }, .. }");
    }

    #[test]
    #[should_panic(expected = "another type than `millstream_core::policy::state::tests::Number`")]
    fn two_types_are_refused() {
        let state = State::new();
        state.get(|| Text("a"));
        state.get(|| Number);
    }
}
