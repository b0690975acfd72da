//! The states of a circuit breaker, and what leads from one to the next. No lock, no clock: each step is a plain function.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::State;
use super::trip::{History, Trip};
use crate::clock::Moment;

/// What a caller has to know, in a word that can be read without the lock: the state, whether a success changes anything, and the
/// generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    const OPEN: u64 = 1;
    const HALF_OPEN: u64 = 2;
    const STATE: u64 = 3;
    const WANTS_SUCCESS: u64 = 4;
    const GENERATION: u32 = 8;

    /// Of a breaker that is closed, and was never open.
    pub(super) const fn first(trip: Trip) -> Self {
        Word::closed(trip.wants_success(0))
    }

    const fn closed(wants_success: bool) -> Self {
        Word(if wants_success { Word::WANTS_SUCCESS } else { 0 })
    }

    #[inline(always)]
    pub(super) const fn is_closed(self) -> bool {
        self.0 & Word::STATE == 0
    }

    /// Closed, and a success changes nothing.
    #[inline(always)]
    pub(super) const fn is_calm(self) -> bool {
        self.0 & (Word::STATE | Word::WANTS_SUCCESS) == 0
    }

    pub(super) const fn is_half_open(self) -> bool {
        self.0 & Word::STATE == Word::HALF_OPEN
    }

    pub(super) const fn state(self) -> State {
        match self.0 & Word::STATE {
            0 => State::Closed,
            Word::OPEN => State::Open,
            _ => State::HalfOpen,
        }
    }

    const fn generation(self) -> u64 {
        self.0 >> Word::GENERATION
    }
}

/// When a breaker opens, how long it stays open, and how many calls have to succeed before it closes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) trip: Trip,
    pub(super) reset_after: Duration,
    pub(super) probes: u32,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Failure,
    /// It was cancelled, panicked, or failed by what is to be ignored: nobody knows.
    Unknown,
}

/// The state, and what happened in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    history: History,
    phase: Phase,
    /// The number of changes of the state. The outcome of a call that began before the last one says nothing about this state.
    generation: u64,
    /// The probes that run, those of an earlier time included: a service that hangs is not to have more and more of them.
    probing: u32,
}

/// Open without a time is until it is closed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: Option<Moment> },
    HalfOpen { succeeded: u32 },
}

impl Machine {
    pub(super) const fn new() -> Self {
        Machine { history: History::EMPTY, phase: Phase::Closed, generation: 0, probing: 0 }
    }

    pub(super) fn word(&self, trip: Trip) -> Word {
        let low = match self.phase {
            // A probe that ends now still has to free its place.
            Phase::Closed => Word::closed(self.probing > 0 || trip.wants_success(self.history.failed)).0,
            Phase::Open { .. } => Word::OPEN,
            Phase::HalfOpen { .. } => Word::HALF_OPEN,
        };
        Word(self.generation << Word::GENERATION | low)
    }

    /// When to come back, if it would refuse a call; zero where nobody knows.
    pub(super) fn refusal(&self, settings: &Settings, now: Moment) -> Option<Duration> {
        match self.phase {
            Phase::Closed => None,
            Phase::Open { until: None } => Some(Duration::ZERO),
            Phase::Open { until: Some(until) } if now < until => Some(until.since(now)),
            Phase::Open { .. } | Phase::HalfOpen { .. } => (self.probing >= settings.probes).then_some(Duration::ZERO),
        }
    }

    /// Lets a call in, or says when to come back.
    pub(super) fn enter(&mut self, settings: &Settings, now: Moment) -> Result<Word, Duration> {
        if let Some(retry_after) = self.refusal(settings, now) {
            return Err(retry_after);
        }
        if let Phase::Open { .. } = self.phase {
            self.turn(Phase::HalfOpen { succeeded: 0 });
        }
        if let Phase::HalfOpen { .. } = self.phase {
            self.probing += 1;
        }
        Ok(self.word(settings.trip))
    }

    /// Takes the outcome of a call that was let in by this word, and gives the state if that changed it.
    pub(super) fn leave(
        &mut self,
        entered: Word,
        outcome: Outcome,
        settings: &Settings,
        now: impl Fn() -> Moment,
    ) -> Option<State> {
        self.probing -= u32::from(entered.is_half_open());
        if entered.generation() != self.generation {
            return None;
        }
        let opens = match &mut self.phase {
            Phase::Closed => {
                if outcome == Outcome::Unknown || !self.history.add(outcome == Outcome::Failure, settings.trip, &now) {
                    return None;
                }
                true
            }
            // Nobody was let in since it opened.
            Phase::Open { .. } => return None,
            Phase::HalfOpen { succeeded } => {
                *succeeded += u32::from(outcome == Outcome::Success);
                match outcome {
                    Outcome::Failure => true,
                    Outcome::Success if *succeeded >= settings.probes => false,
                    Outcome::Success | Outcome::Unknown => return None,
                }
            }
        };
        if opens {
            self.open(Some(now().plus(settings.reset_after)));
        } else {
            self.close();
        }
        Some(self.word(settings.trip).state())
    }

    pub(super) fn open(&mut self, until: Option<Moment>) {
        self.turn(Phase::Open { until });
    }

    pub(super) fn close(&mut self) {
        self.turn(Phase::Closed);
    }

    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation += 1;
        self.history.clear();
    }
}
