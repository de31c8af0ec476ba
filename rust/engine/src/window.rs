//! What is kept of many traces together: numbers of a window and of its groups, in bounded memory.
//!
//! Every summary here is a function of the set of things that were added to it: neither their order nor how they
//! were split over shards, batches and restarts shows in its bytes, so that any number of parts [merge] to what one
//! would have kept. Each says how far it is from the truth where memory did not do for the whole of it.
//!
//! | Summary | Exact | Beyond |
//! |---|---|---|
//! | [`Total`](total::Total), [`Range`](total::Range) | always | |
//! | [`Sketch`](sketch::Sketch) | the bucket of each value | coarser buckets, and what error they have |
//! | [`Distinct`](distinct::Distinct) | to 1,024 values | an estimate with its interval |
//! | [`Grouped`](grouped::Grouped) | groups while they fit | whole groups, chosen by a hash; the rest is one |
//!
//! [`share`] has what may be concluded from counts: intervals for shares, their differences and ratios.
//!
//! [merge]: summary::Summary::merge

pub(crate) mod distinct;
pub(crate) mod grouped;
pub(crate) mod share;
pub(crate) mod sketch;
pub(crate) mod summary;
pub(crate) mod tail;
pub(crate) mod total;
