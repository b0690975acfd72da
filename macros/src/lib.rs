//! The procedural macros of Millstream. Use them through the crate `millstream`.
//!
//! Each word has a folder with the same steps: `syntax` keeps the tokens as they were typed, `model` knows what they mean,
//! `check` reports what is wrong with them, `expand` writes the code. Everything below this file is `proc_macro2`.

#![allow(clippy::large_enum_variant, clippy::result_large_err, reason = "a syntax tree is built once, by the compiler")]

use proc_macro::TokenStream;

mod attr;
mod diag;
mod names;
mod paths;
mod pipeline;
mod policy;
mod record;
mod signature;
mod stage;
mod text;

/// Turns a struct into a record. See the guide `docs::records` of the crate `millstream`.
#[proc_macro_attribute]
pub fn record(options: TokenStream, item: TokenStream) -> TokenStream {
    record::expand(options.into(), item.into()).into()
}

/// Turns a function, or `impl Stage<In> for T`, into a stage. See the guide `docs::stages` of the crate `millstream`.
#[proc_macro_attribute]
pub fn stage(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Stage, options.into(), item.into()).into()
}

/// Turns a function, or `impl Source for T`, into a source. See the guide `docs::ends` of the crate `millstream`.
#[proc_macro_attribute]
pub fn source(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Source, options.into(), item.into()).into()
}

/// Turns a function, or `impl Sink<In> for T`, into a sink. See the guide `docs::ends` of the crate `millstream`.
#[proc_macro_attribute]
pub fn sink(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Sink, options.into(), item.into()).into()
}

/// Turns a function into a factory of a resource. See the guide `docs::resources` of the crate `millstream`.
///
/// On a parameter of a stage, source, sink or factory it is a mark: the parameter is a resource.
#[proc_macro_attribute]
pub fn resource(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::expand(stage::Word::Resource, options.into(), item.into()).into()
}

/// Marks the function that a stage calls at the end of its input. See the guide `docs::stages` of the crate `millstream`.
#[proc_macro_attribute]
pub fn finish(options: TokenStream, item: TokenStream) -> TokenStream {
    stage::finish::expand(options.into(), item.into()).into()
}

/// Composes a source, stages and sinks. See the guide `docs::pipelines` of the crate `millstream`.
#[proc_macro]
pub fn pipeline(tokens: TokenStream) -> TokenStream {
    pipeline::expand(tokens.into()).into()
}

/// Calls a function again when it fails.
///
/// | option | is | default |
/// |---|---|---|
/// | `attempts = 4` | how many attempts there are, the first included | 3; any number where there is a `total` |
/// | `total = "30s"` | the time after whose end no attempt begins | |
/// | `backoff = exponential("50ms", max = "2s", factor = 2.0)` | the time before the next attempt: grows by a factor up to a limit | `exponential("100ms")`, at most a minute, factor 2 |
/// | `backoff = constant("1s")` | the same each time; or any `Backoff`, such as a function of the attempt's number | |
/// | `jitter = full`, `equal`, `none` | how much of that is left to chance, also where it is constant: all, half, nothing | `full` |
/// | `when = path` | which errors are worth another attempt: `Fn(&Error) -> bool` | all |
/// | `budget = 0.2` | how many retries there may be for each call, over all calls, and 10 more in each 10 s; or a `&'static Budget` | any number |
/// | `hint = path` | reads from an error after which time to come back: `Fn(&Error) -> Option<Duration>` | none says it |
/// | `on_retry = path` | is told of each failure that another attempt follows: `Fn(&Error, u32, Duration)`, with the attempt's number from 1 and the delay | nobody |
/// | `with = RETRY` | a policy made elsewhere, also one of your own that repeats, in place of all others | |
///
/// The function returns a `Result` whose error is `Display`, as events and dead letters hold its text. An argument that is passed
/// by value and is not `Copy` is cloned before each attempt that another may follow; what is lent, as `&T`, is not.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn retry(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::Retry, options.into(), item.into()).into()
}

/// Cancels an async function that takes too long: `#[timeout("800ms")]`.
///
/// The error is `From<TimedOut>`. Below `#[retry]` it limits each attempt, above it all of them. A function that blocks cannot be
/// cancelled: it takes a parameter `#[deadline] deadline: Deadline`, which callers do not give, and checks it.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn timeout(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::Timeout, options.into(), item.into()).into()
}

/// Keeps calls from a service that is sick.
///
/// | option | is | default |
/// |---|---|---|
/// | `failures = 5` | how many failures open it: in a row, or `within` a time | 5 |
/// | `within = "30s"` | the time in which so many failures open it | they have to be in a row |
/// | `rate = 0.5`, `last = 20` | the share of failures among so many last calls that opens it, in place of `failures` | `last` is 20 |
/// | `min_calls = 10` | how many calls there must be before there is a rate | `last` |
/// | `reset_after = "10s"` | how long it stays open | 10 s |
/// | `probes = 2` | how many calls go through then, and close it when all succeed | 1 |
/// | `when = path` | which errors are failures: `Fn(&Error) -> bool`; others count as successes | all, whatever the `when` of `#[retry]` says |
/// | `ignore = path` | which errors count as nothing, be they failures or not: `Fn(&Error) -> bool` | none |
/// | `key = id`, `keys = 1024` | a breaker for each key, at most so many | one for all calls; `keys` is 1024 |
/// | `with = &self.breaker` | a breaker made elsewhere, in place of all but `when`, `ignore` and `key` | |
///
/// The error is `From<CircuitOpen>`. Beside a function `read` stands `read::breaker()`; where `key` is an argument
/// `read::breakers()`, of which `get(&key)` looks at one, and `of(&key)` makes it if it is not there.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn circuit_breaker(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::CircuitBreaker, options.into(), item.into()).into()
}

/// Gives something in place of what failed: one of `value`, `with` and `stale_if_error`. The error is `Display`.
///
/// | option | is |
/// |---|---|
/// | `value = 0` | this expression, of the arguments |
/// | `with = \|error\| ..` | what a function makes of the error: `Fn(&Error) -> T`, which may use the arguments |
/// | `stale_if_error` | the last good value; in its `Ok` the function returns what can say so: `Aged<T>`, or a record with a `#[stale]` field |
/// | `max_age = "5m"` | how old a stale value may be; any age if not said |
/// | `key = id`, `keys = 1024` | a stale value for each key, at most so many; `key = ()` if one is that of all calls. A function with arguments says which |
/// | `when = path` | which errors are replaced: `Fn(&Error) -> bool`; all if not said |
///
/// Beside a function `read` with `stale_if_error` stands `read::clear_stale()`.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn fallback(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::Fallback, options.into(), item.into()).into()
}

/// Lets a function be called only so often; who comes too early waits.
///
/// | option | is | default |
/// |---|---|---|
/// | `per_second = 10` | how many calls | |
/// | `calls = 100`, `per = "1m"` | the same for any time | |
/// | `burst = 5` | how many of them may come at once | 1 |
/// | `max_wait = "1s"` | who would have to wait longer fails; the error is `From<RateLimited>` | waits |
/// | `refuse` | who comes too early fails | waits |
/// | `with = &LIMIT` | a limit made elsewhere, in place of all but `max_wait` and `refuse` | |
///
/// Beside a function `read` stands `read::rate_limit()`.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn rate_limit(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::RateLimit, options.into(), item.into()).into()
}

/// Lets a function run only so many times at once: `#[bulkhead(8)]`.
///
/// | option | is | default |
/// |---|---|---|
/// | `queue = 100` | how many more may wait for a place | 0 |
/// | `max_wait = "1s"` | how long they wait at most | as long as it takes |
/// | `with = &BULKHEAD` | places made elsewhere, in place of all but `max_wait` | |
///
/// Who finds no place fails; the error is `From<BulkheadFull>`.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn bulkhead(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::Bulkhead, options.into(), item.into()).into()
}

/// Keeps what a function gave, and runs concurrent calls of one key once.
///
/// | option | is | default |
/// |---|---|---|
/// | `size = 128` | how many values are kept | 128 |
/// | `ttl = "10m"` | how long | as long as there is room |
/// | `key = id` | what tells calls apart: what it is by value, or a reference of which an owned form is kept | all arguments |
/// | `with = &self.cache` | a cache made elsewhere | |
///
/// Of a `Result` only `Ok` is kept. Beside a function `fib` stand `fib::stats()` and `fib::clear()`.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn cached(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::Cached, options.into(), item.into()).into()
}

/// Puts a policy of one's own around a function: `#[wrap(RequireAdmin(user))]`, any value that is a `Policy`.
///
/// It may use the arguments. It is asked before and after, and an async call comes through its `around`; one that repeats stands in
/// `#[retry(with = ..)]`.
///
/// See the guide `docs::policies` of the crate `millstream`, which
/// has the policies together, and says what their order means.
#[proc_macro_attribute]
pub fn wrap(options: TokenStream, item: TokenStream) -> TokenStream {
    policy::expand(policy::Kind::Wrap, options.into(), item.into()).into()
}
