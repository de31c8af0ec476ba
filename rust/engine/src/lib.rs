//! Checked rules + OTLP bytes + the time -> verdicts.
//!
//! An [`Engine`] is made from checked rules and [`Settings`]. [`Engine::consume`] merges the spans of one
//! message into the state of their traces and says at once what no later span can undo;
//! [`Engine::tick`] and [`Engine::close_traces`] close traces and decide the rest.
//! [`Engine::take_findings`] hands out what was found, and [`encode_violations`] writes it as OTLP.
//!
//! The engine reads no clock, does no I/O, knows no rule text and starts no threads: the same bytes and
//! times give the same findings. A trace is kept as numbers and a few records, never as spans, and all
//! of it is bounded in bytes. [`Engine::replace_rules`] swaps rules under live traces;
//! [`Engine::snapshot`] and [`Engine::restore`] carry their state over a restart. [`profile()`] says of a rule what it may hold, and
//! whether it can be broken while its trace, or its window, is open.
//!
//! ```
//! use betrace_engine::{CloseCause, Engine, Settings, Timestamp};
//! use betrace_lang::{SourceFile, compile};
//! use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
//! use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
//! use prost::Message;
//!
//! let rules = "rules: [ { id: audited, condition: 'when { read } always { audit.log }' } ]";
//! let rules = compile(&[SourceFile::new("rules.yaml", rules)]).expect("the rules are faultless");
//! let now = Timestamp(1_700_000_000_000_000_000);
//! let engine = Engine::new(rules, Settings::default(), now).expect("the rules are within the limits");
//!
//! let span = Span {
//!     trace_id: vec![7; 16],
//!     span_id: vec![1; 8],
//!     name: "read".into(),
//!     start_time_unix_nano: now.0,
//!     end_time_unix_nano: now.0 + 1_000_000,
//!     ..Span::default()
//! };
//! let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
//! let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
//! engine.consume(&ExportTraceServiceRequest { resource_spans }.encode_to_vec(), now)?;
//! assert!(engine.take_findings(10).is_empty(), "a record may still come");
//!
//! engine.close_traces(now, CloseCause::EndOfInput);
//! let findings = engine.take_findings(10);
//! assert_eq!(&*findings[0].clause_text, "audit.log");
//! # Ok::<(), betrace_engine::ConsumeError>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]

mod decide;
mod engine;
mod few;
mod finding;
mod hash;
mod heap;
mod id;
mod intern;
#[doc(hidden)]
pub mod internals;
mod logic;
mod mark;
mod matcher;
mod period;
mod plan;
mod predicate;
mod profile;
mod scan;
mod settings;
mod state;
mod stats;
mod sync;
#[cfg(test)]
mod tests;
mod time;
mod value;
mod violation;
mod wanted;
mod window;
mod windows;
mod wire;

pub use engine::Engine;
pub use engine::consumed::{ConsumeError, Consumed};
pub use engine::intake::Turns;
pub use engine::snapshot::{Restored, SnapshotError, SnapshotKind};

pub use finding::{EVIDENCE_CAP, Evidence, Finding, OverWindow, Role, ValueRange, ViolationId};
pub use id::{SpanId, TraceId};
pub use mark::{MarkKey, OwnSpans};
pub use period::{Named, Period, RulePeriod, VIOLATIONS_NAMED};
pub use plan::PlanError;
pub use plan::early::obstacle::{ClauseProfile, Obstacle, Which};
pub use profile::{RuleProfile, profile};
pub use settings::{CloseCause, Completeness, Report, Settings};
pub use stats::{
    ByReason, DelayHistogram, RuleStats, SeverityStats, SpanCounts, Stats, WindowSums,
};
pub use time::Timestamp;
pub use violation::{ViolationTrace, encode_violations};
pub use wanted::Wanted;
