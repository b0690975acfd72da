//! Time that a test has in hand, scripted services, and a kit that proves that sources and sinks keep what they promise.
//!
//! What waits, measures or draws lots runs in a [`Simulation`]: nothing waits in real time, and the same seed gives the same
//! run. A [`Script`] stands for a service that fails and hangs when a test wants it to.
//!
//! Ends pass the same checks that the built-in ones do. [`check_source`] and [`check_sink`] run an end again and again, with faults: they drop it at every point, panic in the
//! middle, fail beside it. [`check_source_over`] and [`check_sink_over`] also make fail what it reads from or writes to. What
//! they find is a list: of all broken promises, [`Violations`]; or of those that are kept and those that the end does not make,
//! [`Conformance`].

mod faults;
mod report;
mod script;
mod simulation;
mod sink;
mod source;

pub use faults::{FaultReader, FaultWriter};
pub use report::{Conformance, Violation, Violations};
pub use script::{Script, Step, err, hang, ok};
pub use simulation::Simulation;
pub use sink::{Scratch, Target, check_sink, check_sink_over};
pub use source::{check_source, check_source_over, check_source_with};
