//! What is kept of traces, and where.
//!
//! A [`trace`]'s state is what its rules need and never its spans: [cells](cell) of numbers, a few
//! [`record`]s, the ids that were [`seen`]. Spans are [merged](merge) into it in any order, and it is
//! [`stored`] for a restart. All traces lie in [`shards`], each a [`shard`] behind its own lock with the
//! timers of its traces; of one that is gone the id alone is kept for a while ([`forgotten`]). Whatever
//! grows here is [weighed](weight).

pub(crate) mod cell;
pub(crate) mod forgotten;
pub(crate) mod heap;
pub(crate) mod id_set;
pub(crate) mod merge;
pub(crate) mod record;
pub(crate) mod seen;
pub(crate) mod shard;
pub(crate) mod shards;
pub(crate) mod span_index;
pub(crate) mod stored;
pub(crate) mod sum;
pub(crate) mod trace;
pub(crate) mod weight;
