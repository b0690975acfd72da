//! `sqlite`: tables as sources and as sinks.

mod ends;
mod enums;
mod faults;
mod rows;
mod sink;
mod source;
mod support;
