//! The interpreter: it reads the text of a pipeline and works on one vector after the other.

use std::collections::HashMap;

use millstream::prelude::*;

/// An item, with the field that it is keyed by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct N {
    pub(super) n: i32,
    pub(super) k: i32,
}

impl N {
    pub(super) fn of(n: i32) -> Self {
        N { n, k: n.rem_euclid(3) }
    }
}

pub(super) fn double(n: N) -> N {
    N::of(n.n.wrapping_mul(2))
}

pub(super) fn even(n: &N) -> bool {
    n.n % 2 == 0
}

pub(super) fn small(n: &N) -> bool {
    n.n < 40
}

pub(super) fn tame(n: &N) -> bool {
    n.n % 7 != 3
}

pub(super) fn by_ten(n: &N) -> i32 {
    n.n / 10
}

pub(super) fn positive(n: N) -> Option<N> {
    (n.n > 0).then_some(n)
}

pub(super) fn copies(n: N) -> Vec<N> {
    vec![n; usize::try_from(n.k).unwrap()]
}

pub(super) fn running(sum: &mut i32, n: N) -> Option<N> {
    *sum = sum.wrapping_add(n.n);
    (*sum < 90).then(|| N::of(*sum))
}

pub(super) fn added(sum: N, n: N) -> N {
    N::of(sum.n.wrapping_add(n.n))
}

pub(super) fn checked(n: N) -> Result<N, std::fmt::Error> {
    if n.n % 5 == 0 { Err(std::fmt::Error) } else { Ok(N::of(n.n + 1)) }
}

pub(super) fn look(_: &N) {}

/// Rejects what is odd.
#[stage]
pub(super) fn halved(n: N) -> Result<N, std::fmt::Error> {
    if n.n % 2 == 0 { Ok(N::of(n.n / 2)) } else { Err(std::fmt::Error) }
}

/// Drops, passes and rejects.
#[stage]
pub(super) fn picky(n: N) -> Result<Option<N>, std::fmt::Error> {
    match n.k {
        0 => Ok(Some(n)),
        1 => Ok(None),
        _ => Err(std::fmt::Error),
    }
}

/// Expands to two, or rejects.
#[stage]
pub(super) fn spread(n: N) -> Result<impl Iterator<Item = N>, std::fmt::Error> {
    if n.n % 7 == 0 { Err(std::fmt::Error) } else { Ok([n, N::of(n.n.wrapping_add(1))].into_iter()) }
}

/// Emits the sum and the number of items at the end.
#[stage(finish = of_all)]
pub(super) fn total(#[state] sum: &mut i32, #[state] count: &mut i32, n: &N) {
    *sum = sum.wrapping_add(n.n);
    *count += 1;
}

#[finish]
pub(super) fn of_all(sum: i32, count: i32) -> impl Iterator<Item = N> {
    [N::of(sum), N::of(count)].into_iter()
}

/// One step of the interpreter, as read from the text.
pub(super) struct Op {
    pub(super) name: String,
    pub(super) arg: i32,
    pub(super) keyed: bool,
    pub(super) skips: bool,
    /// What it keeps, for each key.
    states: Vec<(i32, State)>,
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) rejected: u64,
}

#[derive(Clone, Default)]
struct State {
    count: i32,
    sum: i32,
    kept: Vec<N>,
    ended: bool,
}

/// What came of one item: its outputs, and whether the step wants no more.
enum Came {
    Out(Vec<Vec<N>>),
    Last(Vec<Vec<N>>),
    Rejected,
}

impl Op {
    pub(super) fn read(text: &str, args: &HashMap<&str, i32>) -> Self {
        let text = text.trim();
        let name = text.split(['(', '.']).next().unwrap().trim().to_owned();
        let first = text.strip_prefix(&name).unwrap().trim_start();
        let inside = first.strip_prefix('(').map_or("", |rest| rest.split(')').next().unwrap()).trim();
        let name = if inside.len() > 1 && inside.chars().all(|c| c.is_alphabetic() || c == '_') {
            inside.to_owned()
        } else {
            name
        };
        Op {
            name,
            arg: args.get(inside).copied().unwrap_or_default(),
            keyed: text.contains("keyed"),
            skips: text.contains("or_skip"),
            states: Vec::new(),
            input: 0,
            output: 0,
            rejected: 0,
        }
    }

    fn state(&mut self, key: i32) -> &mut State {
        let at = self.states.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            self.states.push((key, State::default()));
            self.states.len() - 1
        });
        &mut self.states[at].1
    }

    fn process(&mut self, item: Vec<N>) -> Came {
        let (n, arg) = (item[0], self.arg);
        let name = self.name.clone();
        let state = self.state(if self.keyed { n.k } else { 0 });
        let one = |n: N| Came::Out(vec![vec![n]]);
        let none = Came::Out(Vec::new());
        let last = Came::Last(Vec::new());
        match name.as_str() {
            "double" => one(double(n)),
            "even" => {
                if even(&n) {
                    one(n)
                } else {
                    none
                }
            }
            "tame" => {
                if tame(&n) {
                    one(n)
                } else {
                    none
                }
            }
            "positive" => positive(n).map_or(none, one),
            "copies" => Came::Out(copies(n).into_iter().map(|n| vec![n]).collect()),
            "checked" => checked(n).map_or(Came::Rejected, one),
            "look" => one(n),
            "halved" => halved(n).map_or(Came::Rejected, one),
            "picky" => picky(n).map_or(Came::Rejected, |n| n.map_or(none, one)),
            "spread" => spread(n).map_or(Came::Rejected, |all| Came::Out(all.map(|n| vec![n]).collect())),
            "total" => {
                (state.sum, state.count) = (state.sum.wrapping_add(n.n), state.count + 1);
                none
            }
            "take" if state.count >= arg => last,
            "take" => {
                state.count += 1;
                if state.count == arg { Came::Last(vec![item]) } else { Came::Out(vec![item]) }
            }
            "skip" => {
                state.count += 1;
                if state.count > arg { one(n) } else { none }
            }
            "small" => {
                state.ended |= !small(&n);
                if state.ended { last } else { one(n) }
            }
            "dedup" => {
                let new = state.kept.first() != Some(&n);
                state.kept = vec![n];
                if new { one(n) } else { none }
            }
            "by_ten" => {
                let new = !state.kept.iter().any(|known| by_ten(known) == by_ten(&n));
                state.kept.push(n);
                if new { one(n) } else { none }
            }
            "chunks" => {
                state.kept.push(n);
                if state.kept.len() == usize::try_from(arg).unwrap() {
                    Came::Out(vec![std::mem::take(&mut state.kept)])
                } else {
                    none
                }
            }
            "flatten" => Came::Out(item.into_iter().map(|n| vec![n]).collect()),
            "scan" if state.ended => last,
            "scan" => match running(&mut state.sum, n) {
                Some(n) => one(n),
                None => {
                    state.ended = true;
                    last
                }
            },
            "fold" => {
                state.sum = added(N::of(state.sum), n).n;
                none
            }
            other => panic!("the interpreter does not know `{other}`"),
        }
    }

    fn finish(&mut self) -> Vec<Vec<N>> {
        if !self.keyed {
            self.state(0);
        }
        let states = std::mem::take(&mut self.states).into_iter().map(|(_, state)| state);
        match self.name.as_str() {
            "total" => states.flat_map(|state| [vec![N::of(state.sum)], vec![N::of(state.count)]]).collect(),
            "chunks" => states.map(|state| state.kept).filter(|kept| !kept.is_empty()).collect(),
            "fold" => states.map(|state| vec![N::of(state.sum)]).collect(),
            _ => Vec::new(),
        }
    }
}

/// How a run of the interpreter ended.
#[derive(Default)]
pub(super) struct Expected {
    pub(super) output: Vec<N>,
    pub(super) failed: bool,
}

/// Pushes an item through `ops`; false when no more are wanted.
fn push(ops: &mut [Op], item: Vec<N>, end: &mut Expected) -> bool {
    let Some((op, rest)) = ops.split_first_mut() else {
        end.output.push(item[0]);
        return true;
    };
    op.input += 1;
    let key = item[0].k;
    if op.keyed && op.state(key).ended {
        return true;
    }
    let (items, wants) = match op.process(item) {
        Came::Out(items) => (items, true),
        Came::Last(items) => {
            if op.keyed {
                op.state(key).ended = true;
            }
            (items, op.keyed)
        }
        Came::Rejected => {
            op.rejected += 1;
            end.failed |= !op.skips;
            return op.skips;
        }
    };
    emit(op, rest, items, end) && wants
}

fn emit(op: &mut Op, rest: &mut [Op], items: Vec<Vec<N>>, end: &mut Expected) -> bool {
    items.into_iter().all(|item| {
        op.output += 1;
        push(rest, item, end)
    })
}

/// Interprets the text over `items`; gives what is expected, with how many items are read.
pub(super) fn interpret(ops: &mut [Op], items: &[i32]) -> (Expected, u64) {
    let (mut end, mut read) = (Expected::default(), 0);
    let nothing = ops.iter().any(|op| op.name == "take" && !op.keyed && op.arg == 0);
    for n in items.iter().filter(|_| !nothing) {
        read += 1;
        if !push(ops, vec![N::of(*n)], &mut end) {
            break;
        }
    }
    for at in 0..ops.len() {
        if end.failed {
            break;
        }
        let (op, rest) = ops[at..].split_first_mut().unwrap();
        let items = op.finish();
        emit(op, rest, items, &mut end);
    }
    (end, read)
}
