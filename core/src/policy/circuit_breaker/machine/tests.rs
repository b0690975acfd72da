//! Every state that can be reached with three calls at once, whatever they do and in whichever order.
//!
//! A call touches the breaker twice. Each time it either reads the word, or takes one step under the lock. So all interleavings of
//! threads are sequences of these steps, and all of them are walked here, beside a plain account of what should happen.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::{Machine, Outcome, Phase, Settings, Word};
use crate::clock::Moment;
use crate::policy::circuit_breaker::State;
use crate::policy::circuit_breaker::trip::{History, Trip};

const SECOND: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 3;

/// The machine under test, the calls that it let in, and what is known of them without it.
#[derive(Clone, Debug)]
struct World {
    machine: Machine,
    settings: Settings,
    now: Moment,
    calls: Vec<Word>,
    /// The outcomes since the last change of state, of calls that began since: when, and whether each failed.
    outcomes: Vec<(Moment, bool)>,
}

impl World {
    fn state(&self) -> State {
        self.word().state()
    }

    fn word(&self) -> Word {
        self.machine.word(self.settings.trip)
    }

    /// All that decides what can happen from here on: times as ages, generations as "this" and "earlier".
    fn key(&self) -> String {
        let age = |at: Moment| self.now.since(at).min(3 * SECOND);
        let phase = match self.machine.phase {
            Phase::Open { until: Some(until) } => format!("open for {:?}", until.since(self.now)),
            ref other => format!("{other:?}"),
        };
        let History { failed, moments, outcomes } = &self.machine.history;
        let moments: Vec<_> = moments.iter().map(|at| age(*at)).collect();
        let history = format!("{failed} {moments:?} {outcomes:?}");
        let mut calls: Vec<_> = self.calls.iter().map(|call| (call.is_half_open(), self.is_late(*call))).collect();
        calls.sort_unstable();
        let known = self.outcomes.len().saturating_sub(3);
        let outcomes: Vec<_> = self.outcomes[known..].iter().map(|(at, failed)| (age(*at), failed)).collect();
        format!("{phase} {history} {} {calls:?} {outcomes:?}", self.machine.probing)
    }

    fn is_late(&self, call: Word) -> bool {
        call.generation() != self.machine.generation
    }

    /// What the outcomes in this state should have led to, by what the documentation says.
    fn expected(&self) -> State {
        let failed = |outcomes: &[(Moment, bool)]| outcomes.iter().filter(|(_, failed)| *failed).count();
        let outcomes = &self.outcomes;
        match self.state() {
            State::Open => State::Open,
            State::HalfOpen if failed(outcomes) > 0 => State::Open,
            State::HalfOpen if outcomes.len() >= self.settings.probes as usize => State::Closed,
            State::HalfOpen => State::HalfOpen,
            State::Closed => {
                let last = |n: u32| outcomes.len().checked_sub(n as usize).map(|first| failed(&outcomes[first..]));
                let opens = match self.settings.trip {
                    Trip::Consecutive { most } => last(most) == Some(most as usize),
                    Trip::Rate { ratio, last: calls, min_calls } => {
                        let calls = calls.min(u32::try_from(outcomes.len()).unwrap());
                        let share =
                            last(calls).map(|failed| f64::from(u32::try_from(failed).unwrap()) / f64::from(calls));
                        calls >= min_calls && share.is_some_and(|share| share >= ratio)
                    }
                    Trip::Within { most, window } => {
                        let recent: Vec<_> =
                            outcomes.iter().copied().filter(|(at, _)| self.now.since(*at) <= window).collect();
                        outcomes.last().is_some_and(|(_, failed)| *failed) && failed(&recent) >= most as usize
                    }
                };
                if opens { State::Open } else { State::Closed }
            }
        }
    }

    fn enter(&self) -> World {
        let mut next = self.clone();
        let refusal = self.machine.refusal(&self.settings, self.now);
        match next.machine.enter(&self.settings, self.now) {
            Ok(word) => {
                if self.state() == State::Closed {
                    // So the word alone decides, as it does without the lock.
                    assert_eq!((&next.machine, word), (&self.machine, self.word()));
                }
                assert_eq!(refusal, None);
                next.calls.push(word);
            }
            Err(retry_after) => {
                assert_eq!((&next.machine, refusal), (&self.machine, Some(retry_after)));
                match self.machine.phase {
                    Phase::Closed => panic!("a call was refused while it was closed: {self:?}"),
                    Phase::Open { until: None } => assert_eq!(retry_after, Duration::ZERO),
                    Phase::Open { until: Some(until) } if self.now < until => {
                        assert_eq!(retry_after, until.since(self.now));
                    }
                    _ => assert_eq!((self.machine.probing, retry_after), (self.settings.probes, Duration::ZERO)),
                }
            }
        }
        if next.machine.generation != self.machine.generation {
            next.outcomes.clear();
        }
        next
    }

    fn leave(&self, call: usize, outcome: Outcome) -> World {
        let mut next = self.clone();
        let word = next.calls.remove(call);
        let late = self.is_late(word);
        let changed = next.machine.leave(word, outcome, &self.settings, || self.now);
        if !late && outcome != Outcome::Unknown {
            next.outcomes.push((self.now, outcome == Outcome::Failure));
        }
        let expected = World { machine: self.machine.clone(), ..next.clone() }.expected();
        assert_eq!(next.state(), expected, "{outcome:?} of {word:?} in {self:?}");
        assert_eq!(changed, (next.state() != self.state()).then_some(expected));
        if outcome == Outcome::Success && self.word().is_calm() {
            // So nothing is lost when nothing is done, as without the lock.
            assert_eq!(next.machine, self.machine);
        }
        if changed.is_some() {
            next.outcomes.clear();
        }
        next
    }

    fn by_hand(&self, step: impl FnOnce(&mut Machine)) -> World {
        let mut next = self.clone();
        step(&mut next.machine);
        next.outcomes.clear();
        next
    }

    fn later(&self) -> World {
        World { now: self.now.plus(SECOND), ..self.clone() }
    }

    fn check(&self) {
        let probes = self.calls.iter().filter(|call| call.is_half_open()).count();
        assert_eq!(self.machine.probing as usize, probes, "{self:?}");
        assert!(probes <= self.settings.probes as usize, "{self:?}");
        let open = self.calls.iter().any(|call| call.state() == State::Open);
        assert!(!open, "a call was let in while it was open: {self:?}");
    }

    fn steps(&self) -> Vec<World> {
        let until = self.now.plus(self.settings.reset_after);
        let mut steps = vec![
            self.later(),
            self.by_hand(|machine| machine.open(Some(until))),
            self.by_hand(|machine| machine.open(None)),
            self.by_hand(Machine::close),
        ];
        if self.calls.len() < AT_ONCE {
            steps.push(self.enter());
        }
        for call in 0..self.calls.len() {
            for outcome in [Outcome::Success, Outcome::Failure, Outcome::Unknown] {
                steps.push(self.leave(call, outcome));
            }
        }
        steps
    }
}

/// Walks all states; from each there must be a way back to the first, so that none is stuck and nothing leaks.
fn walk(trip: Trip, probes: u32) -> usize {
    let settings = Settings { trip, reset_after: 2 * SECOND, probes };
    let now = Moment::default().plus(10 * SECOND);
    let first = World { machine: Machine::new(), settings, now, calls: Vec::new(), outcomes: Vec::new() };
    let mut number = HashMap::from([(first.key(), 0)]);
    let mut came_from: Vec<Vec<usize>> = vec![Vec::new()];
    let mut to_do = VecDeque::from([first]);
    while let Some(world) = to_do.pop_front() {
        let from = number[&world.key()];
        for next in world.steps() {
            next.check();
            let to = *number.entry(next.key()).or_insert_with(|| {
                came_from.push(Vec::new());
                to_do.push_back(next);
                came_from.len() - 1
            });
            came_from[to].push(from);
        }
    }
    let mut gets_back = vec![false; came_from.len()];
    let mut to_do = vec![0];
    while let Some(at) = to_do.pop() {
        if !std::mem::replace(&mut gets_back[at], true) {
            to_do.extend(&came_from[at]);
        }
    }
    assert!(gets_back.iter().all(|back| *back));
    came_from.len()
}

#[test]
fn every_state_is_as_documented() {
    let window = Duration::from_secs(2);
    let mut states = 0;
    for probes in 1..=2 {
        for most in 1..=2 {
            states += walk(Trip::consecutive(most), probes);
            states += walk(Trip::within(most, window), probes);
        }
        states += walk(Trip::rate(0.5, 2), probes);
        states += walk(Trip::rate(0.6, 3), probes);
        states += walk(Trip::rate(0.6, 3).min_calls(2), probes);
    }
    assert!(states > 3_000, "only {states} states were reached");
}
