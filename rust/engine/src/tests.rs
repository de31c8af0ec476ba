//! Tests of the engine as a whole: rules made by hand in [`rules`], traces in [`spans`].

mod restart;
pub(crate) mod rules;
mod spans;
mod verdicts;
