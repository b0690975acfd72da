//! A redrive from its start to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::file::{LettersFile, Line as FileLine};
use super::journal::{Fate, Journal};
use super::state::{Outcome, Redriving};
use super::way::{Line, Way, Ways};
use super::{Redrive, Redriven};
use crate::chain::last::Signal;
use crate::chain::slot::Slot;
use crate::error::{BoxError, Error, Result};
use crate::io::letters::Letter;
use crate::plan::Plan;
use crate::report::Report;
use crate::run::Run;
use crate::sink::Ended;

/// Sends the letters through the pipeline of `state` and `body`.
pub(crate) fn drive<S, B, O, F, const N: usize>(
    mut state: Option<S>,
    mut body: B,
    mut run: Run,
    redrive: &Redrive,
) -> Result<Report<O>>
where
    B: FnMut(&mut Option<S>, &mut [u64; N], &Run, Signal, &mut Slot<Ended<O>, F>) -> Option<Ended<O>>,
{
    let letters = Redriven { letters: redrive.letters.clone(), ..Redriven::default() };
    run.redrive(Redriving::new(run.whole_plan().nodes.len(), letters));
    let run = run;
    run.start();
    let mut last = Slot::new();
    let mut send = |signal| {
        let sent = catch_unwind(AssertUnwindSafe(|| {
            let _ = body(&mut state, &mut [0; N], &run, signal, &mut last);
        }));
        if let Err(panic) = sent {
            run.fail_by_panic(&*panic);
        }
    };
    let sent = send_all(&run, redrive, &mut send);
    let mut output = None;
    if let Some(session) = sent {
        match last.one {
            Some(Ended(closed)) => output = Some(run.closed(run.last_node(), closed)),
            None if !run.failed() => run.fail(Error::new("a sink did not close, so nothing was committed")),
            None => {}
        }
        session.end(&run);
    }
    // As in a run, all that can hold resources is gone before they are closed.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop((state, body))));
    if let Err(panic) = dropped {
        run.fail_by_panic(&*panic);
    }
    run.close();
    match output {
        Some(output) if !run.failed() => Ok(run.report(output)),
        _ => Err(run.take_failure().unwrap_or_else(|| Error::new("the redrive failed without a cause"))),
    }
}

/// All up to the commit; nothing if it failed before the first letter was sent.
fn send_all(run: &Run, redrive: &Redrive, send: &mut dyn FnMut(Signal)) -> Option<Session> {
    send(Signal::Describe);
    let sources: Vec<_> = run.line_sources().into_iter().map(|(_, label)| label).collect();
    if sources.len() > 1 && !run.failed() {
        run.fail(Error::new(format!(
            "letters of a pipeline with several sources cannot be sent again, and this one has {}: send them through a \
             pipeline with the one that they are from",
            listed(&sources, "source", "sources")
        )));
    }
    let letters = match LettersFile::open(&redrive.letters) {
        _ if run.failed() => return None,
        Ok(letters) => letters,
        Err(error) => {
            run.fail(Error::new(error));
            return None;
        }
    };
    let plan = run.whole_plan();
    let mut session = Session { letters, sends: Sends::Together, stateful: false, changed: false };
    let begun = session.begin(run, &plan, redrive, send);
    if let Err(error) = begun {
        run.fail(Error::new(session.letters.error(error)));
    }
    if run.failed() {
        return None;
    }
    if let Err(error) = session.send(run, &plan, redrive, send) {
        run.fail(Error::new(session.letters.error(error)));
    }
    if !run.failed() {
        send(Signal::Finish);
    }
    Some(session)
}

/// A redrive under way.
struct Session {
    letters: LettersFile,
    sends: Sends,
    /// Whether letters come by stages that keep state.
    stateful: bool,
    /// Whether the file of letters is to be another.
    changed: bool,
}

/// How it is made sure that no letter is sent twice.
enum Sends {
    /// All letters are committed together.
    Together,
    /// Each letter is sent on its own, as the journal says once there is one.
    Singly(Option<Journal>),
}

impl Session {
    /// Looks at all letters, and opens the ends.
    fn begin(
        &mut self,
        run: &Run,
        plan: &Plan,
        redrive: &Redrive,
        send: &mut dyn FnMut(Signal),
    ) -> Result<(), BoxError> {
        let Some(redriving) = run.redriving() else { return Ok(()) };
        let mut ways = Ways::new(plan, run.letter_nodes());
        self.letters.lines(|_, line| {
            if let Line::Send(_, way) = ways.of(&line.bytes, redrive) {
                redriving.reach(&way.nodes);
            }
            Ok(true)
        })?;
        let stateful = ways.stateful(|node| redriving.can_reach(node));
        self.stateful = !stateful.is_empty();
        if self.stateful && !redrive.stateful {
            return Err(format!(
                "they come by {}, which keeps state between items and has not seen the others of its run: \
                 `Redrive::of(..).through_stateful_stages()` sends them all the same",
                listed(&stateful, "stage", "stages")
            )
            .into());
        }
        for signal in [Signal::Connect, Signal::Open] {
            if !run.failed() {
                send(signal);
            }
        }
        if run.failed() {
            return Ok(());
        }
        let (together, singly): (Vec<_>, Vec<_>) = redriving.sinks().into_iter().partition(|(_, together)| *together);
        if !singly.is_empty() && !together.is_empty() && !redrive.repeats {
            let labels = |sinks: &[(u32, bool)]| {
                let labels: Vec<_> = sinks.iter().map(|(node, _)| run.label(*node)).collect();
                listed(&labels, "sink", "sinks")
            };
            return Err(format!(
                "they come to {}, which can take back what an interrupted redrive wrote, and to {}, which cannot, so that \
                 one of them would lose items or get some twice: `Redrive::of(..).accept_repeats()` allows the latter",
                labels(&together),
                labels(&singly)
            )
            .into());
        }
        self.sends = if together.is_empty() && !singly.is_empty() { Sends::Singly(None) } else { Sends::Together };
        Ok(())
    }

    /// Sends letter by letter.
    fn send(
        &mut self,
        run: &Run,
        plan: &Plan,
        redrive: &Redrive,
        send: &mut dyn FnMut(Signal),
    ) -> Result<(), BoxError> {
        let Some(redriving) = run.redriving() else { return Ok(()) };
        let mut ways = Ways::new(plan, run.letter_nodes());
        let Session { letters, sends, stateful, changed } = self;
        letters.lines(|letters, line| {
            if line.bytes.trim_ascii().is_empty() {
                sends.keep(letters, line)?;
                return Ok(true);
            }
            redriving.count(|redriven| redriven.read += 1);
            let kept = match ways.of(&line.bytes, redrive) {
                Line::Keep(why) => Some(why),
                Line::Send(..) if redriving.is_over() => Some("the pipeline wants no more items".to_owned()),
                Line::Send(letter, way) => {
                    sends.begin(letters, line, *stateful)?;
                    let outcome = one(run, redriving, *letter, way, send);
                    if run.failed() {
                        sends.failed(outcome.arrived);
                        return Ok(false);
                    }
                    let Outcome { refused, again, .. } = outcome;
                    if refused.is_none() {
                        *changed = true;
                        redriving.count(|redriven| redriven.sent += 1);
                        sends.sent(letters, again)?;
                    } else {
                        sends.refused();
                    }
                    refused
                }
            };
            if let Some(why) = kept {
                redriving.count(|redriven| redriven.keep(&why, line.number));
                sends.keep(letters, line)?;
            }
            Ok(true)
        })
    }

    /// Commits, or leaves all as it was; but what cannot be taken back has been sent.
    fn end(self, run: &Run) {
        let Session { mut letters, sends, changed, .. } = self;
        let again = run.redriving().map(|redriving| redriving.settle().again).unwrap_or_default();
        let finished = !run.failed();
        match sends {
            Sends::Together if !finished => {}
            Sends::Together => {
                let replacement = match write(&mut letters, &again) {
                    Ok(()) if changed || !again.is_empty() => letters.commit(),
                    Ok(()) => Ok(None),
                    Err(error) => Err(error),
                };
                match replacement {
                    Ok(replacement) => run.commit_with(replacement, |error| Error::new(letters.error(error))),
                    Err(error) => run.fail(Error::new(letters.error(error))),
                }
            }
            Sends::Singly(journal) => {
                if finished {
                    run.commit();
                }
                let settled = match journal {
                    Some(journal) => journal.end(again, finished).and_then(|left| left.settle(&mut letters)),
                    None => Ok(()),
                };
                if let Err(error) = settled {
                    run.fail(Error::new(letters.error(error)));
                }
            }
        }
    }
}

/// Sends one letter, and says what became of it.
fn one(run: &Run, redriving: &Redriving, letter: Letter, way: Rc<Way>, send: &mut dyn FnMut(Signal)) -> Outcome {
    run.name_source_of_letter(letter.source.clone());
    redriving.hold(letter, way);
    send(Signal::Letter);
    redriving.settle()
}

impl Sends {
    /// The letter of this line is sent next.
    fn begin(&mut self, letters: &LettersFile, line: &FileLine, stateful: bool) -> Result<(), BoxError> {
        let Sends::Singly(journal) = self else { return Ok(()) };
        let begun = match journal.take() {
            Some(begun) => begun,
            None => Journal::begin(letters, stateful)?,
        };
        journal.insert(begun).send(line.byte)
    }

    /// It was sent; this was rejected again.
    fn sent(&mut self, letters: &mut LettersFile, again: Vec<Letter>) -> Result<(), BoxError> {
        match self {
            Sends::Together => write(letters, &again),
            Sends::Singly(journal) => {
                note(journal, Fate::Sent { again });
                Ok(())
            }
        }
    }

    /// It was not sent after all.
    fn refused(&mut self) {
        if let Sends::Singly(journal) = self {
            note(journal, Fate::Kept);
        }
    }

    /// The run failed while it was on its way.
    fn failed(&mut self, arrived: bool) {
        if let Sends::Singly(journal) = self {
            note(journal, if arrived { Fate::InDoubt } else { Fate::Kept });
        }
    }

    /// A line stays in the file.
    fn keep(&mut self, letters: &mut LettersFile, line: &FileLine) -> Result<(), BoxError> {
        match self {
            Sends::Together => letters.write(&line.bytes),
            Sends::Singly(_) => Ok(()),
        }
    }
}

fn note(journal: &mut Option<Journal>, fate: Fate) {
    if let Some(journal) = journal {
        journal.sent(fate);
    }
}

fn write(letters: &mut LettersFile, again: &[Letter]) -> Result<(), BoxError> {
    again.iter().try_for_each(|letter| letters.write(&serde_json::to_vec(letter)?))
}

/// `` stage `a` ``, `` stages `a` and `b` ``.
fn listed(names: &[impl AsRef<str>], one: &str, many: &str) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{many} {} and {last}", rest.join(", ")),
        _ => format!("{one} {}", quoted.concat()),
    }
}
