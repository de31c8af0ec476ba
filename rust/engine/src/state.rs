//! What is kept of traces, and where.
//!
//! A [`trace`]'s state is what its rules need and never its spans: [cells](cell) of numbers with [chains](chain) of a few
//! [`record`]s, the ids that were [`seen`], and which spans may be [`shown`], all in one [`block`] of bytes; and [`apart`] what few
//! traces have: [`values`], what was [`kept`] of records, what was [`reported`] as it [fired](firing). The [`texts`] that
//! records [name](named) all traces share. Spans are [merged](merge) into it as they [arrive](arriving), in any order, each with what its [kind](span_kinds) notes; what
//! they leave in cells is [counted](settled) when it is asked for, outside of the trace, or [fed](feeding) at once. How [whole] a trace is it says
//! itself, and it is [`stored`] for a restart.
//! All traces lie in [`shards`], each a [`shard`] behind its own lock with the [`slots`] and the [`timers`] of its traces, and where those stand that spans
//! came of [last](recent_slots); of one that is gone the id alone is kept for a while ([`forgotten`]), in [generations](id_generation) of [parts](id_part) that are [sets](id_set), where
//! its number [belongs](id_place), behind a [filter](id_filter).
//! Whatever grows here weighs what the allocator hands out for it.

pub(crate) mod apart;
pub(crate) mod arriving;
pub(crate) mod block;
pub(crate) mod block_pool;
pub(crate) mod cell;
pub(crate) mod chain;
pub(crate) mod chunks;
pub(crate) mod counting;
pub(crate) mod fed_cells;
pub(crate) mod feeding;
pub(crate) mod firing;
pub(crate) mod flags;
pub(crate) mod forgotten;
pub(crate) mod group_cell;
mod id_filter;
pub(crate) mod id_generation;
mod id_part;
pub(crate) mod id_place;
pub(crate) mod id_set;
pub(crate) mod kept;
pub(crate) mod key;
pub(crate) mod key_map;
mod looked_at;
pub(crate) mod merge;
pub(crate) mod named;
pub(crate) mod packed_record;
mod piece_queue;
mod recent_slots;
pub(crate) mod record;
pub(crate) mod record_id;
pub(crate) mod reported;
pub(crate) mod seen;
pub(crate) mod settled;
pub(crate) mod shard;
pub(crate) mod shards;
pub(crate) mod shown;
pub(crate) mod slots;
pub(crate) mod span_index;
pub(crate) mod span_kinds;
mod split_table;
pub(crate) mod stored;
pub(crate) mod stored_records;
pub(crate) mod sum;
pub(crate) mod texts;
mod timers;
pub(crate) mod trace;
pub(crate) mod values;
pub(crate) mod whole;
pub(crate) mod whole_range;
