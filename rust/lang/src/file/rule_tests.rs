//! The `tests:` of a rule: traces written by hand, and the verdict expected for each.
//!
//! [`model`] is what a test is, for whoever runs it; [`read`] makes it of the file, with its trace ([`span`], timed by
//! [`times`], its values read by [`attribute`], its links by [`link`]) and what it expects ([`expect`]).

mod attribute;
mod expect;
mod link;
pub mod model;
mod read;
mod span;
mod times;
mod traces;

pub(crate) use link::LINK_KEYS;
pub(crate) use read::{TEST_KEYS, read_tests};
pub(crate) use span::{EVENT_KEYS, INSTRUMENTATION_KEYS, SPAN_KEYS};
pub(crate) use traces::TRACE_KEYS;
