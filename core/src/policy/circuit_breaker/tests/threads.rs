//! Many threads at one breaker. What they do is up to chance, what must hold is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{CircuitBreaker, DOWN, OK, State, enter, leave};

#[test]
fn never_more_probes_than_asked_for_and_none_left_behind() {
    const PROBES: u32 = 3;
    let breaker = CircuitBreaker::consecutive(2).reset_after(Duration::ZERO).probes(PROBES);
    let (probing, probed) = (AtomicU32::new(0), AtomicU32::new(0));
    let hammer = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..20_000 {
            let Some(passage) = enter(&breaker) else { continue };
            let is_probe = passage.entered.is_half_open();
            if is_probe {
                probed.fetch_add(1, Ordering::Relaxed);
                assert!(probing.fetch_add(1, Ordering::SeqCst) < PROBES);
            }
            if random.u8(..) < 8 {
                thread::yield_now();
            }
            if is_probe {
                probing.fetch_sub(1, Ordering::SeqCst);
            }
            match random.u8(..8) {
                0 => drop(passage),
                1 | 2 => leave(&breaker, passage, DOWN),
                _ => leave(&breaker, passage, OK),
            }
        }
    };
    thread::scope(|scope| {
        for seed in 0..8 {
            scope.spawn(move || hammer(seed));
        }
    });
    assert!(probed.into_inner() > 100);
    // All places are free again: as many probes as are asked for get in, and close it.
    breaker.open();
    let probes = [(); PROBES as usize].map(|()| enter(&breaker).unwrap());
    assert!(enter(&breaker).is_none());
    for probe in probes {
        assert_eq!(breaker.state(), State::HalfOpen);
        leave(&breaker, probe, OK);
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn threads_that_ask_for_a_key_at_once_get_one_breaker() {
    for _ in 0..200 {
        let breakers = CircuitBreaker::consecutive(1).per_key::<u32>(2);
        let given = thread::scope(|scope| {
            let asking = [(); 4].map(|()| scope.spawn(|| breakers.of(&7)));
            asking.map(|asks| asks.join().unwrap())
        });
        assert!(given.iter().all(|breaker| Arc::ptr_eq(breaker, &given[0])));
    }
}
