//! What memory costs, so that all state that grows with input is bounded in bytes.

pub(crate) use betrace_pages::heap;
