//! What is known of a condition while spans may still come.
//!
//! [`truth`] has the three values of a condition on one span, where unknown is final. [`tri`] has those of
//! a condition on a trace, where unknown is a matter of time and carries its reasons. [`interval`] has the
//! numbers of a trace: at least what was seen, exactly what was seen once the trace is closed; [`measured`]
//! adds the average of nothing.

pub(crate) mod interval;
pub(crate) mod measured;
pub(crate) mod tri;
pub(crate) mod truth;
