//! What a run keeps while it sends letters again: the letter in hand, what became of it, and the ends it can come to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::Value;

use super::Redriven;
use super::way::Way;
use crate::io::letters::Letter;
use crate::source::{At, Position};

/// The letter that is on its way, for generated code: what is made of it borrows from here.
#[derive(Clone, Debug, Default)]
pub struct Hand(Option<Rc<Letter>>);

impl Hand {
    /// Where its item came from; the end of the source if there is none.
    pub fn at(&self) -> At<'_> {
        match &self.0 {
            Some(letter) => At { position: letter.position, raw: letter.raw.as_deref(), ..At::default() },
            None => At { position: Position::of_item(0), ..At::default() },
        }
    }

    /// What the source needs to read it again: its head and raw bytes.
    pub(crate) fn raw(&self) -> Option<(Option<&[u8]>, &[u8])> {
        let letter = self.0.as_deref()?;
        Some((letter.head.as_deref(), letter.raw.as_deref()?))
    }

    /// The letter.
    pub(crate) fn letter(&self) -> Option<&Letter> {
        self.0.as_deref()
    }
}

/// See the head of this module.
#[derive(Debug)]
pub(crate) struct Redriving {
    hand: RefCell<Hand>,
    way: RefCell<Rc<Way>>,
    /// The node at which the letter in hand became an item.
    taken: Cell<Option<u32>>,
    /// Why it did not, or why its item went nowhere.
    refused: RefCell<Option<String>>,
    /// Whether anything of it came to a sink.
    arrived: Cell<bool>,
    /// What of it was rejected again.
    again: RefCell<Vec<Letter>>,
    /// Whether the pipeline wants no more items.
    over: Cell<bool>,
    /// By node: whether any letter can come by.
    reach: RefCell<Vec<bool>>,
    /// By node: items that came from a letter.
    injected: RefCell<Vec<u64>>,
    /// The sinks, and whether they are transactional.
    sinks: RefCell<Vec<(u32, bool)>>,
    /// What is reported.
    redriven: RefCell<Redriven>,
}

/// Why a letter is kept that a stage behind which it was to go needs no more.
const WANTED_NO_MORE: &str = "its branch wants no more items";

/// What became of a letter that was sent.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Why it was not sent after all.
    pub(super) refused: Option<String>,
    /// Whether anything of it came to a sink.
    pub(super) arrived: bool,
    /// What was rejected again.
    pub(super) again: Vec<Letter>,
}

impl Redriving {
    pub(super) fn new(nodes: usize, redriven: Redriven) -> Self {
        Redriving {
            hand: RefCell::default(),
            way: RefCell::default(),
            taken: Cell::new(None),
            refused: RefCell::default(),
            arrived: Cell::new(false),
            again: RefCell::default(),
            over: Cell::new(false),
            reach: RefCell::new(vec![false; nodes]),
            injected: RefCell::new(vec![0; nodes]),
            sinks: RefCell::default(),
            redriven: RefCell::new(redriven),
        }
    }

    /// Takes a letter in hand: it goes that way.
    pub(super) fn hold(&self, letter: Letter, way: Rc<Way>) {
        *self.hand.borrow_mut() = Hand(Some(Rc::new(letter)));
        *self.way.borrow_mut() = way;
    }

    /// Lets go of the letter in hand.
    pub(super) fn settle(&self) -> Outcome {
        self.hand.take();
        self.way.take();
        let (taken, arrived, again) = (self.taken.take().is_some(), self.arrived.take(), self.again.take());
        let refused = self.refused.take().filter(|_| !arrived && again.is_empty());
        let refused = refused.or_else(|| (!taken).then(|| WANTED_NO_MORE.to_owned()));
        Outcome { refused, arrived, again }
    }

    pub(crate) fn hand(&self) -> Hand {
        self.hand.borrow().clone()
    }

    /// The node in the middle of the chain that the letter in hand started from.
    pub(crate) fn start(&self) -> Option<usize> {
        let way = self.way.borrow();
        (way.from_input).then_some(way.start)
    }

    pub(crate) fn take(&self, node: u32) {
        self.taken.set(Some(node));
        let (node, mut injected) = (node as usize, self.injected.borrow_mut());
        // What the source reads again is counted where it is read.
        if self.way.borrow().from_input
            && let Some(items) = injected.get_mut(node)
        {
            *items += 1;
        }
    }

    pub(crate) fn refuse(&self, why: String) {
        self.refused.borrow_mut().get_or_insert(why);
    }

    pub(crate) fn wants_no_more(&self) {
        self.over.set(true);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.get()
    }

    pub(crate) fn reaches_sink(&self) {
        self.arrived.set(true);
    }

    pub(crate) fn again(&self, letter: Letter) {
        self.redriven.borrow_mut().again += 1;
        self.again.borrow_mut().push(letter);
    }

    pub(crate) fn input_for(&self, node: u32) -> Option<Value> {
        let way = self.way.borrow();
        if !way.from_input || way.start != node as usize || self.taken.get().is_some() {
            return None;
        }
        self.hand.borrow().letter()?.input.clone()
    }

    /// Whether the item of the letter in hand goes over an edge, which leads to a branch that wants items if it is `open`.
    pub(crate) fn leads_along(&self, edge: usize, open: bool, alone: bool) -> bool {
        let way = self.way.borrow();
        if way.closed.get(edge).is_some_and(|closed| *closed) {
            return false;
        }
        // Behind a `tee` that it was still to come to, the other branches go on without this one.
        if !open && (alone || way.only.get(edge).is_some_and(|only| *only)) {
            drop(way);
            self.refuse(WANTED_NO_MORE.to_owned());
        }
        true
    }

    pub(super) fn reach(&self, nodes: &[bool]) {
        for (all, one) in self.reach.borrow_mut().iter_mut().zip(nodes) {
            *all |= one;
        }
    }

    pub(crate) fn can_reach(&self, node: u32) -> bool {
        self.reach.borrow().get(node as usize).is_some_and(|reach| *reach)
    }

    pub(crate) fn sink(&self, node: u32, transactional: bool) {
        self.sinks.borrow_mut().push((node, transactional));
    }

    /// The sinks that letters can come to, and whether they are transactional.
    pub(super) fn sinks(&self) -> Vec<(u32, bool)> {
        self.sinks.borrow().iter().copied().filter(|(node, _)| self.can_reach(*node)).collect()
    }

    pub(crate) fn injected(&self) -> Vec<u64> {
        self.injected.borrow().clone()
    }

    pub(crate) fn redriven(&self) -> Redriven {
        self.redriven.borrow().clone()
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Redriven)) {
        count(&mut self.redriven.borrow_mut());
    }
}
