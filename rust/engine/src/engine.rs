//! The engine: spans in, findings out.

use std::fmt;
use std::sync::Arc;

use betrace_lang::rule::Rule;

use crate::finding::Finding;
use crate::settings::{CloseCause, Settings, Timestamp};
use crate::stats::Stats;

/// What one call of [`Engine::consume`] read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Spans read, malformed ones and BeTrace's own included.
    pub spans: u64,
    /// Findings that wait to be taken after this call.
    pub queued_findings: u64,
}

/// The bytes are not an OTLP trace message. The spans before the fault were evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumeError {
    /// In bytes from the beginning of the message.
    pub offset: usize,
    pub message: String,
}

impl fmt::Display for ConsumeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.message, self.offset)
    }
}

impl std::error::Error for ConsumeError {}

/// A rule that cannot be evaluated, though it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    pub rule: String,
    pub message: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rule {}: {}", self.rule, self.message)
    }
}

impl std::error::Error for PlanError {}

/// Evaluates rules over the spans it is given. All methods take `&self`; calls may come from many
/// threads at once.
pub struct Engine {
    settings: Settings,
}

impl Engine {
    /// `now` is the start of the engine's time.
    pub fn new(
        _rules: Vec<Arc<Rule>>,
        settings: Settings,
        _now: Timestamp,
    ) -> Result<Engine, PlanError> {
        Ok(Engine { settings })
    }

    /// Reads one `ExportTraceServiceRequest` (equally a `TracesData`) in protobuf.
    pub fn consume(&self, _otlp: &[u8], _now: Timestamp) -> Result<Consumed, ConsumeError> {
        Ok(Consumed::default())
    }

    /// Closes every trace that is due. Call it about once a second.
    pub fn tick(&self, _now: Timestamp) {}

    /// Closes every live trace.
    pub fn close_all(&self, _now: Timestamp, _cause: CloseCause) {}

    /// Takes at most `limit` findings, the oldest first.
    #[must_use]
    pub fn take_findings(&self, _limit: usize) -> Vec<Finding> {
        Vec::new()
    }

    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            memory_limit_bytes: self.settings.memory_bytes,
            ..Stats::default()
        }
    }

    /// Swaps the rule set; on an error the old one goes on. A rule whose id and meaning are unchanged
    /// keeps its state; an added or changed one sees traces that are live or remembered now as
    /// incomplete.
    pub fn replace_rules(&self, _rules: Vec<Arc<Rule>>, _now: Timestamp) -> Result<(), PlanError> {
        Ok(())
    }
}
