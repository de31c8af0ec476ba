//! Checked rules + OTLP bytes + the time -> verdicts.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod engine;
mod finding;
mod id;
mod settings;
mod stats;
mod violation;

pub mod matcher;
mod matcher_access;
mod matcher_group;
mod matcher_index;
mod matcher_state;
pub mod predicate;
mod predicate_fields;
mod predicate_list;
mod predicate_truth;
pub mod scan;
mod scan_keys;
mod scan_plan;
mod scan_slots;
mod scan_view;
pub mod value;
mod value_number;
pub mod wanted;
pub mod wire;
mod wire_value;

pub use engine::{ConsumeError, Consumed, Engine, PlanError};
pub use finding::{EVIDENCE_CAP, Evidence, Finding, Role, ViolationId};
pub use id::{SpanId, TraceId};
pub use settings::{CloseCause, Completeness, Report, Settings, Timestamp};
pub use stats::{ByReason, DelayHistogram, RuleStats, SpanCounts, Stats};
pub use violation::{ViolationTrace, encode_violations};
