//! Tests of the engine as a whole: rules from their text by [`rules`], traces by [`spans`].

mod closing;
mod early;
mod floods;
mod grouped;
mod hostile;
#[cfg(loom)]
mod interleavings;
mod limits;
mod moved;
mod periods;
mod restart;
pub(crate) mod rules;
pub(crate) mod spans;
mod verdicts;
mod windows;
