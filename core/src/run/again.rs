//! A run that sends dead letters again: what the chain asks and tells there.

use super::{Run, Site, roots};
use crate::chain::last::Signal;
use crate::error::{BoxError, Error};
use crate::io::letters::Letter;
use crate::plan::{Plan, Role};
use crate::redrive::{Hand, LetterNode, Redriving};
use crate::rejection::Again;
use crate::sink::Commit;
use crate::sink::commit::commit_all;
use crate::source::At;
use crate::stage::Flow;

impl Run {
    /// Makes it a run that sends letters again.
    pub(crate) fn redrive(&mut self, redriving: Redriving) {
        self.redriving = Some(Box::new(redriving));
    }

    /// What a run keeps that sends letters again.
    pub(crate) fn redriving(&self) -> Option<&Redriving> {
        self.redriving.as_deref()
    }

    /// Whether letters are sent again here, or in the pipeline around a stage made of stages.
    pub(crate) fn redrives(&self) -> bool {
        self.redriving.is_some() || self.within.get()
    }

    /// It is that of a stage made of stages.
    pub(crate) fn is_nested(&self) {
        self.nested.set(true);
    }

    /// The pipeline around it sends letters again: what its own stages would skip or write down, it rejects.
    pub(crate) fn within_redrive(&self) {
        self.within.set(true);
    }

    /// The plan with all edges, as they were written.
    pub(crate) fn whole_plan(&self) -> Plan {
        self.plan.borrow().clone()
    }

    /// What letters have to know of each node.
    pub(crate) fn letter_nodes(&self) -> Vec<LetterNode> {
        let asides = asides(&self.plan.borrow());
        let node = |(node, aside)| {
            let node = u32::try_from(node).unwrap_or(u32::MAX);
            let takes = self.addressed.iter().any(|(at, _)| *at == node);
            LetterNode { branch: self.branch(node), takes, aside }
        };
        asides.into_iter().enumerate().map(node).collect()
    }

    /// The labels of the sources that items of the line itself come from: sides are left out.
    pub(crate) fn line_sources(&self) -> Vec<(u32, String)> {
        let plan = self.plan.borrow();
        let asides = asides(&plan);
        let sources = plan.nodes.iter().enumerate().filter(|(node, at)| at.role == Role::Source && !asides[*node]);
        sources.map(|(node, at)| (u32::try_from(node).unwrap_or(u32::MAX), at.label.to_string())).collect()
    }

    /// Whether any stage of the line keeps state between items: sides, which are read as in a run, may.
    pub(crate) fn line_keeps_state(&self) -> bool {
        let plan = self.plan.borrow();
        plan.nodes.iter().zip(asides(&plan)).any(|(node, aside)| node.stateful && !aside)
    }

    /// Whether a node is in the side of a `zip` or `join`.
    pub(crate) fn is_aside(&self, node: u32) -> bool {
        asides(&self.plan.borrow()).get(node as usize).is_some_and(|aside| *aside)
    }

    /// From here on a signal is on its way through a side, or through the line. Gives where it was before.
    pub(crate) fn turn_aside(&self, aside: bool) -> bool {
        self.aside.replace(aside)
    }

    /// Whether sources are not opened: what is sent again comes from the letters. What sides hold is read as in every run.
    pub(crate) fn skips_sources(&self) -> bool {
        self.redriving.is_some() && !self.aside.get()
    }

    /// What the source of the letter in hand is called.
    pub(crate) fn name_source_of_letter(&self, name: String) {
        let source = self.line_sources().first().map_or(0, |(node, _)| *node);
        self.sources.set_name(source, name);
    }

    /// Commits the sinks, and with them the file of letters without those that were sent: the last to be made durable and the
    /// last to take its place, so that one that is whole and not in place says that the others may be.
    pub(crate) fn commit_with(&self, letters: Option<Box<dyn Commit>>, error_of: impl FnOnce(BoxError) -> Error) {
        const LETTERS: u32 = u32::MAX;
        let mut commits = std::mem::take(&mut *self.commits.borrow_mut());
        commits.extend(letters.map(|letters| (LETTERS, letters)));
        match commit_all(commits) {
            Ok(()) => {}
            Err((LETTERS, error)) => self.fail(error_of(error)),
            Err((node, error)) => self.site(node).fail(error, None),
        }
    }

    /// The letter that is on its way, if one is.
    pub fn hand(&self, signal: Signal) -> Hand {
        match self.redriving() {
            Some(redriving) if signal == Signal::Letter => redriving.hand(),
            _ => Hand::default(),
        }
    }

    /// What stands in front of the items where this one is from.
    pub(super) fn head_of(&self, at: At<'_>) -> Option<Vec<u8>> {
        let of_source = || {
            let heads = self.heads.borrow();
            heads.iter().find(|(node, _)| *node == self.sources.current()).map(|(_, head)| head.clone())
        };
        at.head.map(<[u8]>::to_vec).or_else(of_source)
    }

    /// The letter in hand is on its way from this node on.
    pub(crate) fn take_letter(&self, site: Site<'_>) {
        let Some(redriving) = self.redriving() else { return };
        redriving.take(site.node);
        if self.plan.borrow().nodes.get(site.node as usize).is_some_and(|node| node.role == Role::Source)
            && let Some(edge) = self.plan.borrow().edges.iter().position(|edge| edge.from == site.node as usize)
            && let Some(read) = self.edges.get(edge)
        {
            read.set(read.get() + 1);
        }
    }

    /// The letter in hand cannot go its way.
    pub(crate) fn refuse_letter(&self, why: String) {
        if let Some(redriving) = self.redriving() {
            redriving.refuse(why);
        }
    }

    /// No stage wants more items.
    pub(crate) fn wants_no_more(&self) {
        if let Some(redriving) = self.redriving() {
            redriving.wants_no_more();
        }
    }

    /// Something of the letter in hand comes to a sink.
    pub(crate) fn reaches_sink(&self) {
        if let Some(redriving) = self.redriving() {
            redriving.reaches_sink();
        }
    }
}

/// By node: whether it is in the side of a `zip` or `join`, and not on the line.
fn asides(plan: &Plan) -> Vec<bool> {
    let mut asides = vec![false; plan.nodes.len()];
    let into = |node: usize| plan.edges.iter().filter(move |edge| edge.to == Some(node)).map(|edge| edge.from);
    for (node, _) in plan.nodes.iter().enumerate().filter(|(_, node)| matches!(&*node.name, "zip" | "join")) {
        let Some(line) = into(node).next().map(|first| roots(plan, first)) else { continue };
        let mut open: Vec<usize> =
            into(node).filter(|from| !roots(plan, *from).iter().any(|root| line.contains(root))).collect();
        while let Some(at) = open.pop() {
            asides[at] = true;
            open.extend(into(at));
        }
    }
    asides
}

impl Site<'_> {
    /// Keeps what stands in front of the items of this source, for letters.
    pub(crate) fn keep_head(self, head: Option<&[u8]>) {
        let mut heads = self.run.heads.borrow_mut();
        heads.retain(|(node, _)| *node != self.node);
        heads.extend(head.map(|head| (self.node, head.to_vec())));
    }

    /// Notes that what the node does with an item depends on those before.
    pub(crate) fn keeps_state(self) {
        if let Some(node) = self.run.plan.borrow_mut().nodes.get_mut(self.node as usize) {
            node.stateful = true;
        }
    }

    /// Notes what kind of a sink the node is.
    pub(crate) fn is_sink(self, transactional: bool) {
        if let Some(redriving) = self.run.redriving() {
            redriving.sink(self.node, transactional);
        }
    }

    /// Whether the node is to finish at the end: when letters are sent again only those that they can come by.
    pub(crate) fn finishes(self) -> bool {
        let Some(redriving) = self.run.redriving() else { return true };
        let plan = self.run.plan.borrow();
        redriving.can_reach(self.node)
            || self.run.is_aside(self.node)
            || plan.nodes.get(self.node as usize).is_some_and(|node| node.role == Role::Sink)
    }

    /// Whether an item may go along a branch: that of a letter goes only where the letter was, or was to come.
    pub(crate) fn leads_along(self, branch: usize, open: bool) -> bool {
        let Some(redriving) = self.run.redriving() else { return true };
        let plan = self.run.plan.borrow();
        let edge = (0..plan.edges.len()).filter(|edge| plan.edges[*edge].from == self.node as usize).nth(branch);
        let alone = plan.nodes.get(self.node as usize).is_some_and(|node| node.role == Role::Route);
        edge.is_none_or(|edge| redriving.leads_along(edge, open, alone))
    }

    /// The input of the letter in hand, if it starts here and is one of this node's items.
    pub(crate) fn input_of_letter<I>(self, again: Again<I>) -> Option<I> {
        let input = self.run.redriving()?.input_for(self.node)?;
        let item = again.map(|read| read(&input));
        match item {
            Some(Ok(item)) => {
                self.run.take_letter(self);
                Some(item)
            }
            Some(Err(error)) => {
                let label = self.run.label(self.node);
                self.run.refuse_letter(format!("its input is no item of stage `{label}`: {error}"));
                None
            }
            None => {
                let label = self.run.label(self.node);
                self.run.refuse_letter(format!(
                    "the items of stage `{label}` cannot be read from JSON: their type must be `Deserialize`"
                ));
                None
            }
        }
    }

    /// Of what is sent again nothing is skipped: it goes back to its file. Where it came from is known from the letter; to ask
    /// for it where items are skipped would have every item of a run keep it at hand.
    #[cold]
    #[inline(never)]
    pub(crate) fn keep_skipped(self, error: BoxError) -> Flow {
        if self.run.is_aside(self.node) {
            return Flow::Continue(());
        }
        if self.run.within.get() {
            return self.send_letter(self.run.origin(), error, None);
        }
        let hand = self.run.hand(Signal::Letter);
        self.send_letter(hand.at(), error, None)
    }

    /// What is rejected while letters are sent again is a letter again.
    pub(super) fn letter_again(self, mut letter: Letter) {
        let run = self.run;
        let Some(redriving) = run.redriving() else { return };
        if let Some(before) = redriving.hand().letter() {
            letter.attempts = letter.attempts.saturating_add(before.attempts);
            letter.head.clone_from(&before.head);
            let start = redriving.start().filter(|_| letter.raw.is_none());
            if let Some(start) = start
                && run.one_to_one(Some(start), self.node)
                && (letter.input.is_none() || start == self.node as usize)
            {
                // The item is what the letter became: it can start where the letter did.
                letter.input.clone_from(&before.input);
                let at = u32::try_from(start).unwrap_or(u32::MAX);
                letter.from = (at != self.node).then(|| run.label(at));
            }
        }
        redriving.again(letter);
    }
}
