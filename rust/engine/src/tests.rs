//! Tests of the engine as a whole: rules from their text by [`rules`], traces by [`spans`].

mod bound;
mod closing;
mod corners;
mod early;
mod end_of_time;
mod figures;
mod floods;
mod grouped;
pub(crate) mod hostile;
mod in_turn;
mod inconclusive;
#[cfg(loom)]
mod interleavings;
mod limits;
#[cfg(not(loom))]
mod lock_holds;
mod moved;
mod periods;
mod restart;
pub(crate) mod rules;
pub(crate) mod spans;
mod verdicts;
mod violations;
mod window_alarms;
mod window_bounds;
mod window_ends;
mod window_hostile;
mod window_rules;
mod window_sums;
mod windows;
