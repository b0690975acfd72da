//! What `pipeline!` calls for each stage.
//!
//! A chain is written twice, with the same words, in the user's own function. Items flow through nested calls on
//! [`It`](item::It): `x.through(stage, .., |x| x.map(..).through(stage, .., |x| ..))`. Once items have ended, and also
//! before the first, the [signals](last::Signal) of a run flow through the same words on [`Last`](last::Last). Every type in
//! between is concrete and local, so items may borrow, closures infer, and a stage that cannot follow is one error.

mod again;
pub mod aggregate;
mod block;
pub mod branch;
mod drain;
pub mod hold;
pub mod hot;
pub mod item;
pub mod join;
pub mod last;
pub mod onward;
pub mod paths;
pub mod side;
pub mod slot;
pub mod words;
