//! `sqlite`: tables as sources and as sinks.

mod ends;
mod faults;
mod rows;
mod sink;
mod source;
mod support;
