//! What lives as long as the program, and is fresh in each simulation.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};

use crate::clock;

/// What a function keeps in a `static`: one for the program, and one for each [`Simulation`](crate::testing::Simulation). So the
/// tests of one process, which may run at the same time, share neither an open breaker nor a moment of another world.
///
/// Those of simulations stay until the program ends, as they are lent for that long.
///
/// ```
/// # use millstream_core as millstream;
/// use millstream::policy::state::PerWorld;
/// use millstream::testing::Simulation;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// static CALLS: PerWorld<AtomicU32> = PerWorld::new(AtomicU32::new(0), || AtomicU32::new(0));
///
/// CALLS.get().fetch_add(1, Ordering::Relaxed);
/// assert_eq!(Simulation::seeded(1).run(|| CALLS.get().load(Ordering::Relaxed)), 0);
/// assert_eq!(CALLS.get().load(Ordering::Relaxed), 1);
/// ```
pub struct PerWorld<T: 'static> {
    real: T,
    fresh: fn() -> T,
    simulated: Mutex<BTreeMap<NonZeroU64, &'static T>>,
}

impl<T> PerWorld<T> {
    /// The one of the program, and how the others are made.
    pub const fn new(real: T, fresh: fn() -> T) -> Self {
        PerWorld { real, fresh, simulated: Mutex::new(BTreeMap::new()) }
    }

    /// That of the world in which this thread is.
    #[inline(always)]
    pub fn get(&self) -> &T {
        if clock::simulates() { self.simulated() } else { &self.real }
    }

    #[cold]
    fn simulated(&self) -> &T {
        let Some(world) = clock::world_id() else { return &self.real };
        let mut simulated = self.simulated.lock().unwrap_or_else(PoisonError::into_inner);
        simulated.entry(world).or_insert_with(|| Box::leak(Box::new((self.fresh)())))
    }
}

impl<T: fmt::Debug> fmt::Debug for PerWorld<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::PerWorld;
    use crate::testing::Simulation;

    #[test]
    fn threads_in_one_simulation_share_what_is_kept_and_others_have_their_own() {
        let kept = PerWorld::new(AtomicU32::new(100), || AtomicU32::new(0));
        let count = || kept.get().fetch_add(1, Ordering::Relaxed);
        let (outer, inner) = (Simulation::seeded(1), Simulation::seeded(1));
        outer.run(|| {
            assert_eq!((count(), inner.run(count), count()), (0, 0, 1));
        });
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(outer.run(count), 2));
        });
        assert_eq!((count(), inner.run(count)), (100, 1));
    }

    #[test]
    fn a_simulation_is_left_by_a_panic_too() {
        let kept = PerWorld::new(1, || 2);
        let _ = std::panic::catch_unwind(|| Simulation::seeded(1).run(|| panic!("on purpose")));
        assert_eq!(*kept.get(), 1);
    }
}
