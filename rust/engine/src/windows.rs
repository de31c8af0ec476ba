//! Rules over many traces: what each open window keeps, and what it comes to.
//!
//! A trace is folded in once, when it closes: as what it [`Adds`](adds::Adds) to the groups of the window in which it
//! began, together with others that close in the same call ([`pending`]). The [`table`] finds the window, each group
//! [gathers](gathered) in it, and remembers which traces weigh most ([`exemplars`]). When a window is over, it is [taken out](ended);
//! then, or when what only grows has crossed its bound, [`judge`] says what that means.
//! Everything that is gathered commutes: no order of traces shows, within the limits. Windows know of time and of numbers,
//! and nothing of spans or cells. What all of them came to stands in [`sums`], for whoever adds up several processes.

pub(crate) mod adds;
mod by_size;
pub(crate) mod ended;
pub(crate) mod exemplars;
pub(crate) mod fold;
pub(crate) mod gathered;
pub(crate) mod judge;
pub(crate) mod kept;
mod known_groups;
pub(crate) mod pending;
pub(crate) mod rivals;
pub(crate) mod rule_window;
pub(crate) mod sums;
pub(crate) mod table;
pub(crate) mod told;
pub(crate) mod tumbling;
