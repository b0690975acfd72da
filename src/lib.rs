#![doc = "[records]: docs::records\n[stages]: docs::stages\n[pipelines]: docs::pipelines\n[aggregates]: docs::aggregates\n[ends]: docs::ends\n[resources]: docs::resources\n[sqlite]: docs::sqlite\n[errors]: docs::errors\n[policies]: docs::policies\n[testing]: docs::testing\n[fast]: docs::how_it_is_fast\n"]
#![doc = include_str!("../README.md")]

pub use millstream_core::error::{Error, Result};
pub use millstream_core::{
    aggregate, clock, error, io, key, moments, pipeline, plan, policy, record, redrive, report, resource, sink, source,
    stage, testing,
};

/// What a program that builds pipelines uses: `use millstream::prelude::*;`. It brings no lower-case type.
pub mod prelude {
    pub use millstream_core::aggregate::{
        Aggregate, AggregateOf, Count, Max, Mean, Min, Quantile, Std, Sum, Top, TopK,
    };
    pub use millstream_core::moments::Moments;
    pub use millstream_core::record::{CivilTime, Record, Short, Symbol, Timestamp};
    pub use millstream_macros::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout, wrap};
    pub use millstream_macros::{finish, pipeline, record, resource, sink, source, stage};
}

pub use millstream_macros::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout, wrap};
pub use millstream_macros::{finish, pipeline, record, resource, sink, source, stage};

/// The guides: one for each word, and one for engineers.
pub mod docs {
    #[doc = include_str!("docs/records.md")]
    pub mod records {}
    #[doc = include_str!("docs/stages.md")]
    pub mod stages {}
    #[doc = include_str!("docs/ends.md")]
    pub mod ends {}
    #[doc = include_str!("docs/resources.md")]
    pub mod resources {}
    #[doc = include_str!("docs/pipelines.md")]
    pub mod pipelines {}
    #[doc = include_str!("docs/aggregates.md")]
    pub mod aggregates {}
    #[doc = include_str!("docs/errors.md")]
    pub mod errors {}
    #[doc = include_str!("docs/sqlite.md")]
    pub mod sqlite {}
    #[doc = include_str!("docs/policies.md")]
    pub mod policies {}
    #[doc = include_str!("docs/testing.md")]
    pub mod testing {}
    #[doc = include_str!("docs/how_it_is_fast.md")]
    pub mod how_it_is_fast {}
}

#[doc(hidden)]
pub use millstream_core::private as __private;
