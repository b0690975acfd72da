//! The conformance kit: the built-in ends pass it.

mod ends;
