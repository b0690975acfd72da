//! Policies in a module that means other things by every name of the prelude, under every lint.
#![deny(warnings, missing_docs, missing_debug_implementations, missing_copy_implementations)]
#![deny(unreachable_pub, unused_qualifications, unused_lifetimes, single_use_lifetimes, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic)]

use std::convert::Infallible;

/// Everything is another thing here.
mod shadowed {
    #![allow(dead_code)]

    use ::millstream::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout, wrap};

    use super::{Fails, Log};

    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Retry;
    pub(crate) struct Policy;
    pub(crate) trait Clone {}
    pub(crate) trait Copy {}
    pub(crate) trait Default {}
    pub(crate) trait Into {}
    pub(crate) trait From {}
    pub(crate) trait FnMut {}
    pub(crate) trait FnOnce {}
    pub(crate) trait Future {}
    pub(crate) trait Send {}
    pub(crate) trait Sized {}
    pub(crate) trait ToOwned {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod millstream {}

    /// Names that generated code uses for its own locals are free for the user.
    #[fallback(value = call)]
    #[circuit_breaker]
    #[rate_limit(per_second = 1000, burst = 100)]
    #[bulkhead(8)]
    #[retry(backoff = constant("1s"), budget = 0.2)]
    #[timeout("1s")]
    pub(crate) async fn whole(
        call: u32,
        outcome: ::std::string::String,
        mut permit: ::std::vec::Vec<u32>,
        (attempts, r#type): (u32, &str),
    ) -> ::core::result::Result<u32, Fails> {
        let returns = call + attempts;
        permit.push(returns);
        if outcome == r#type { ::core::result::Result::Err(Fails) } else { ::core::result::Result::Ok(permit[0]) }
    }

    /// Blocks.
    #[fallback(with = |_| retry)]
    #[circuit_breaker(key = retry, when = |_: &Fails| true)]
    #[retry(attempts = 1)]
    pub(crate) fn r#match(retry: u32, held: ::std::string::String) -> ::core::result::Result<u32, Fails> {
        let call = held.parse().map_err(|_| Fails)?;
        ::core::result::Result::Ok(call)
    }

    /// Keeps.
    #[cached]
    #[wrap(Log)]
    pub(crate) fn kept(cached: ::std::string::String, returns: &str) -> usize {
        cached.len() + returns.len()
    }
}

/// Can be made of all that policies fail with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fails;

impl std::fmt::Display for Fails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("fails")
    }
}

impl From<millstream::policy::TimedOut> for Fails {
    fn from(_: millstream::policy::TimedOut) -> Self {
        Fails
    }
}

impl From<millstream::policy::CircuitOpen> for Fails {
    fn from(_: millstream::policy::CircuitOpen) -> Self {
        Fails
    }
}

impl From<millstream::policy::BulkheadFull> for Fails {
    fn from(_: millstream::policy::BulkheadFull) -> Self {
        Fails
    }
}

/// Does nothing.
#[derive(Clone, Copy, Debug)]
struct Log;

impl<R> millstream::policy::Policy<R> for Log {
    type Permit = ();

    fn before(&self, _call: &millstream::policy::Call) -> millstream::policy::Before<'_, (), R> {
        millstream::policy::Before::Go(())
    }
}

/// Public functions are documented.
pub mod open {
    use millstream::{retry, timeout};

    /// Reads a number.
    ///
    /// # Errors
    /// When it is none.
    #[retry]
    #[must_use = "it is the point"]
    pub fn read(text: &str) -> Result<u32, std::num::ParseIntError> {
        text.parse()
    }

    /// Holds one.
    #[derive(Debug, Clone, Copy)]
    pub struct Client {
        id: u32,
    }

    impl Client {
        /// Makes one.
        ///
        /// # Errors
        /// Never.
        #[retry(associated)]
        pub fn new(id: u32) -> Result<Client, std::fmt::Error> {
            Ok(Client { id })
        }

        /// Gives its number.
        ///
        /// # Errors
        /// Never.
        #[retry]
        #[timeout("1s")]
        pub async fn id(&self) -> Result<u32, super::Slow> {
            Ok(self.id)
        }
    }
}

/// It took too long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slow;

impl std::fmt::Display for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("slow")
    }
}

impl From<millstream::policy::TimedOut> for Slow {
    fn from(_: millstream::policy::TimedOut) -> Self {
        Slow
    }
}

/// With a name for the crate that only this module knows.
mod renamed {
    use millstream as mill;

    #[mill::retry(crate = mill)]
    #[mill::circuit_breaker]
    pub(crate) fn renamed(n: u8) -> Result<u8, super::Fails> {
        Ok(n)
    }
}

macro_rules! wrapped {
    ($name:ident, $attempts:expr, $time:literal, $arg:ident: $ty:ty => $body:expr) => {
        #[millstream::retry(attempts = $attempts, total = $time)]
        #[millstream::circuit_breaker(key = $arg)]
        fn $name($arg: $ty) -> Result<$ty, Fails> {
            let doubled: Result<$ty, std::convert::Infallible> = $body;
            doubled.map_err(|_| Fails)
        }
    };
}

wrapped!(by_macro, 3, "1s", value: u32 => Ok::<u32, Infallible>(value * 2));

#[test]
fn shadowed_names_change_nothing() {
    let simulation = millstream::testing::Simulation::seeded(1);
    let call = shadowed::whole(1, "a".to_owned(), vec![7], (2, "b"));
    assert_eq!(simulation.block_on(call), Ok(7));
    let call = shadowed::whole(1, "a".to_owned(), vec![7], (2, "a"));
    assert_eq!(simulation.block_on(call), Ok(1));
    assert_eq!(shadowed::whole::describe().cloned, ["outcome", "permit"]);
    assert_eq!(shadowed::r#match(3, "4".to_owned()), Ok(4));
    assert_eq!(shadowed::r#match(3, "x".to_owned()), Ok(3));
    assert_eq!((shadowed::kept("a".to_owned(), "b"), shadowed::kept::stats().size), (2, 1));
}

#[test]
fn public_functions_are_usable_from_outside() {
    assert_eq!(open::read("7"), Ok(7));
    assert_eq!(open::read::describe().function, "read");
    let simulation = millstream::testing::Simulation::seeded(1);
    assert_eq!(simulation.block_on(open::Client::new(5).unwrap().id()), Ok(5));
}

#[test]
fn macros_and_other_names_of_the_crate_change_nothing() {
    assert_eq!((renamed::renamed(1), by_macro(2)), (Ok(1), Ok(4)));
    assert_eq!(by_macro::breakers().of(&2).state(), millstream::policy::State::Closed);
}
