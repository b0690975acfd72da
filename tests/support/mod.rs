//! Drives a stage item by item, without a pipeline.

use std::fmt::Debug;

use millstream::stage::{AnyKey, Flow, Rejected, Stage};

/// What a stage did, event by event.
pub(crate) type Log = Vec<String>;

/// Hands `items` to a stage that starts with its defaults, then lets it finish without a key.
pub(crate) fn drive<S, In>(mut stage: S, items: impl IntoIterator<Item = In>) -> Log
where
    S: Stage<In, Key = AnyKey>,
    S::Out: Debug,
    S::Error: Debug,
    In: Debug,
{
    let mut log = feed(&mut stage, items);
    let done = stage.finish(&AnyKey, |out| {
        log.push(format!("last {out:?}"));
        Flow::Continue(())
    });
    assert!(done.is_ok());
    log
}

/// Hands `items` to a stage.
pub(crate) fn feed<S, In>(stage: &mut S, items: impl IntoIterator<Item = In>) -> Log
where
    S: Stage<In>,
    S::Out: Debug,
    S::Error: Debug,
    In: Debug,
{
    let mut log = Log::new();
    for item in items {
        let result = stage.process(item, |out| {
            log.push(format!("out {out:?}"));
            Flow::Continue(())
        });
        if let Err(Rejected { error, input }) = result {
            log.push(format!("rejected {error:?}, back {input:?}"));
        }
    }
    log
}

/// A stage with these parameters, made as `pipeline!` makes it.
macro_rules! made {
    ($stage:ident $(. $set:ident ($value:expr))*) => {
        <$stage>::__complete(<$stage>::builder()$(.$set($value))*).build().unwrap()
    };
}

pub(crate) use made;
