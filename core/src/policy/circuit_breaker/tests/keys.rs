//! Which keys keep their breakers.

use std::sync::Arc;

use super::{CircuitBreaker, DOWN, OK, SECOND, State, enter, leave};
use crate::policy::CircuitBreakers;
use crate::policy::circuit_breaker::keyed::LOOKS;
use crate::testing::Simulation;

/// Two keys at most; each opens at its first failure, for ten seconds.
fn two() -> CircuitBreakers<String> {
    CircuitBreaker::consecutive(1).reset_after(10 * SECOND).per_key(2)
}

fn fail(breakers: &CircuitBreakers<String>, key: &str) {
    let _ = breakers.of(key).run(|| DOWN);
    assert_eq!(breakers.of(key).state(), State::Open);
}

/// Whether the breaker of this key is still the same.
fn keeps(breakers: &CircuitBreakers<String>, key: &str, breaker: &Arc<CircuitBreaker>) -> bool {
    breakers.get(key).is_some_and(|kept| Arc::ptr_eq(&kept, breaker))
}

#[test]
fn each_key_has_its_own_with_the_same_settings() {
    let breakers = CircuitBreaker::rate(0.5, 2).reset_after(SECOND).probes(2).per_key(3);
    assert!(breakers.is_empty());
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        for answer in [DOWN, DOWN] {
            let _ = breakers.of(&1).run(|| answer);
        }
        simulation.advance(SECOND);
        let states = || [1, 2].map(|key| breakers.of(&key).state());
        assert_eq!(states(), [State::Open, State::Closed]);
        let closing = || {
            let _ = breakers.of(&1).run(|| OK);
            states()[0]
        };
        assert_eq!([closing(), closing()], [State::HalfOpen, State::Closed]);
    });
    assert_eq!(breakers.len(), 2);
    assert_eq!(format!("{breakers:?}"), "CircuitBreakers { keys: 3, .. }");
}

#[test]
fn a_closed_one_that_was_not_asked_for_goes_first() {
    let breakers = two();
    let [a, b, _a] = ["a", "b", "a"].map(|key| breakers.of(key));
    let c = breakers.of("c");
    assert!(keeps(&breakers, "a", &a) && keeps(&breakers, "c", &c) && !keeps(&breakers, "b", &b));
    assert_eq!(breakers.len(), 2);
    // Where all were asked for, one goes all the same.
    let [_a, _c, d] = ["a", "c", "d"].map(|key| breakers.of(key));
    assert!(keeps(&breakers, "d", &d));
    assert_eq!(breakers.len(), 2);
}

#[test]
fn to_look_at_one_changes_nothing() {
    let breakers = two();
    assert!(breakers.get("a").is_none() && breakers.is_empty());
    let [a, b] = ["a", "b"].map(|key| breakers.of(key));
    assert!(keeps(&breakers, "a", &a) && breakers.get("c").is_none());
    assert_eq!(breakers.len(), 2);
    // It was looked at, but not asked for.
    breakers.of("c");
    assert!(!keeps(&breakers, "a", &a) && keeps(&breakers, "b", &b));
}

#[test]
fn only_so_many_are_looked_at_to_make_room() {
    let breakers = CircuitBreaker::consecutive(1).per_key(2 * LOOKS);
    for key in 0..2 * LOOKS {
        breakers.of(&key).open();
    }
    breakers.of(&LOOKS).close();
    let unknown = 100;
    breakers.of(&unknown);
    assert!(breakers.get(&unknown).is_none(), "it was not seen that one may go");
    breakers.of(&unknown);
    assert!(breakers.get(&unknown).is_some() && breakers.get(&LOOKS).is_none(), "the next time goes on from there");
    let others = (0..2 * LOOKS).filter(|key| breakers.get(key).is_some()).count();
    assert_eq!((others, breakers.len()), (2 * LOOKS - 1, 2 * LOOKS));
}

#[test]
fn one_that_keeps_calls_out_is_never_dropped() {
    let breakers = two();
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        let a = breakers.of("a");
        fail(&breakers, "a");
        let b = breakers.of("b");
        let c = breakers.of("c");
        assert!(keeps(&breakers, "c", &c) && keeps(&breakers, "a", &a), "the closed one goes, though it is younger");
        assert!(!keeps(&breakers, "b", &b));
        simulation.advance(SECOND);
        fail(&breakers, "b");
        // Both keep calls out: a third is not kept.
        let c = breakers.of("c");
        assert!(!keeps(&breakers, "c", &c));
        assert_eq!(breakers.len(), 2);
        // The time of the first is over: it lets a call through, kept or not.
        simulation.advance(9 * SECOND);
        let c = breakers.of("c");
        assert!(keeps(&breakers, "c", &c));
        assert_eq!(breakers.of("b").state(), State::Open);
        assert_eq!(breakers.len(), 2);
    });
}

#[test]
fn one_whose_probes_are_all_taken_is_never_dropped() {
    let breakers = two();
    let simulation = Simulation::seeded(1);
    simulation.run(|| {
        for key in ["a", "b"] {
            fail(&breakers, key);
        }
        simulation.advance(10 * SECOND);
        let [a, b] = ["a", "b"].map(|key| breakers.of(key));
        let probe = enter(&a).unwrap();
        let _late = enter(&b).unwrap();
        b.open();
        simulation.advance(10 * SECOND);
        assert_eq!((a.state(), b.state()), (State::HalfOpen, State::Open));
        let c = breakers.of("c");
        assert!(keeps(&breakers, "a", &a), "its probe is under way");
        assert!(keeps(&breakers, "b", &b), "its time is over, but an earlier probe still holds the place");
        assert!(!keeps(&breakers, "c", &c));
        leave(&a, probe, OK);
        let c = breakers.of("c");
        assert!(keeps(&breakers, "c", &c) && !keeps(&breakers, "a", &a));
    });
}

#[test]
#[should_panic(expected = "at least one key")]
fn no_keys_are_nonsense() {
    let _ = CircuitBreaker::consecutive(1).per_key::<u8>(0);
}
