//! Checked rules + OTLP bytes + the time -> verdicts.
//!
//! An [`Engine`] is made from checked rules and [`Settings`]. [`Engine::consume`] merges the spans of one
//! message into the state of their traces and says at once what no later span can undo;
//! [`Engine::tick`] and [`Engine::close_all`] close traces and decide the rest.
//! [`Engine::take_findings`] hands out what was found, and [`encode_violations`] writes it as OTLP.
//!
//! The engine reads no clock, does no I/O, knows no rule text and starts no threads: the same bytes and
//! times give the same findings. A trace is kept as numbers and a few records, never as spans, and all
//! of it is bounded in bytes. [`Engine::replace_rules`] swaps rules under live traces;
//! [`Engine::snapshot`] and [`Engine::restore`] carry their state over a restart.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod counters;
mod decide;
mod decide_finding;
mod decide_measure;
mod decide_members;
mod decide_rule;
mod engine;
mod finding;
mod forgotten;
mod id;
mod intake;
mod intern;
mod interval;
mod key;
mod lifecycle;
pub mod matcher;
mod matcher_access;
mod matcher_field;
mod matcher_group;
mod matcher_index;
mod matcher_routes;
mod matcher_state;
mod plan;
mod plan_compile;
mod plan_early;
mod plan_node;
mod plan_trace;
pub mod predicate;
mod predicate_fields;
mod predicate_list;
mod predicate_truth;
mod profile;
mod relation;
mod relation_order;
pub mod scan;
mod scan_digest;
mod scan_keys;
mod scan_plan;
mod scan_slots;
mod scan_view;
mod settings;
mod shard;
mod snapshot;
mod state;
mod state_cell;
mod state_record;
mod state_seen;
mod stats;
mod sum;
#[cfg(test)]
mod test_restart;
#[cfg(test)]
mod test_rules;
#[cfg(test)]
mod test_spans;
#[cfg(test)]
mod test_verdicts;
mod tri;
pub mod value;
mod value_number;
mod violation;
pub mod wanted;
pub mod wire;
mod wire_value;

pub use engine::{ConsumeError, Consumed, Engine, PlanError};
pub use finding::{EVIDENCE_CAP, Evidence, Finding, Role, ViolationId};
pub use id::{SpanId, TraceId};
pub use profile::{RuleProfile, profile};
pub use settings::{CloseCause, Completeness, Report, Settings, Timestamp};
pub use snapshot::{Restored, SnapshotError, SnapshotKind};
pub use stats::{ByReason, DelayHistogram, RuleStats, SpanCounts, Stats};
pub use violation::{ViolationTrace, encode_violations};
pub use wanted::Wanted;
