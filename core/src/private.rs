//! All that generated code may call, and only that. Not a public interface: it changes with the macros.

pub use ::core;
pub use ::std;
pub use inventory;
pub use serde;
pub use typed_builder;

// For every macro.
pub use crate::error::{BoxError, Error};

// For `#[record]`.
pub use crate::record::generated as record;

// For `#[stage]`.
pub use crate::sink::{Closed, Ended, Sink};
pub use crate::stage::{
    AnyKey, Described, Descriptor, Finish, Flow, HasParam, Init, Kind, Never, Param, Rejected, Renew, Stage, param_id,
};
pub use crate::stage_fn;

// For `#[source]`, `#[sink]` and `#[resource]`.
pub use crate::resource::{Factory, Registered, Registers, Resources, Shared};
pub use crate::source_fn::{self, Begin, SourceFn, Start};

// For the attributes of policies.
pub use crate::policy::written as policy;

// For `pipeline!`: its plan and setup ..
pub use crate::pipeline::{AskAny, AskDescribed, ByName, Setup, Sinkless, ask};
pub use crate::plan::{NodeSpec, PlanSpec, Role};
// .. its words ..
pub use crate::aggregate;
pub use crate::chain::words::{Chunks, Dedup, Flatten, Fold, Scan, Skip, Take, TakeWhile, Unique};
#[cfg(feature = "sqlite")]
pub use crate::io::sqlite;
pub use crate::io::{channel, csv, files, json, json_lines, lines};
pub use crate::sink::{SinkStage, collect, discard};
pub use crate::source::from_iter;
pub use crate::source::in_memory::{Reading, Waits};
// .. and the chain.
pub use crate::chain::branch::{Branches, passes};
pub use crate::chain::hold::{Hold, windows};
pub use crate::chain::hot::{Inlines, Local, apart, hot, taking};
pub use crate::chain::item::It;
pub use crate::chain::join::Join;
pub use crate::chain::last::{Last, Signal, last, last_of_path, last_of_side};
pub use crate::chain::onward::Onward;
pub use crate::chain::paths::{ALL, Failures, Turns, in_turn, last_in_turn, signal_of};
pub use crate::chain::side::side;
pub use crate::chain::slot::{BranchEnd, Slot, end_of, ended, source};
pub use crate::key::{Keyed, One, key_of, only};
pub use crate::policy::Watched;
pub use crate::rejection::{
    AgainIfLent, KeepIfGivenBack, KeepNothing, NoSchema, NotAgain, Nothing, OrDeadLetter, OrFail, OrSkip, SchemaBehind,
};
pub use crate::reusable::{Call, OutputOf, Owned};
pub use crate::run::{Origin, Run};
pub use crate::source::{At, Position, Source};
