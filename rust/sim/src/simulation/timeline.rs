//! What befell a collector, and the times that its engine is set to: what a verdict has to be seen by.

use std::sync::Arc;

use super::weather::SECOND;

/// As the processor has it when nobody says otherwise, with the exceptions below.
pub const IDLE: u64 = 10 * SECOND;
pub const MAX_AGE: u64 = 300 * SECOND;
pub const LATE_WINDOW: u64 = 60 * SECOND;

/// For so long after a flood memory may be short.
pub const PRESSURE: u64 = 150 * SECOND;

/// What befell a collector, as far as verdicts hang on it.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Of what came after the first of these and before the second it knows nothing.
    pub gaps: Vec<(u64, u64)>,
    /// When a collector without storage stopped in order and ended what was live.
    pub stops: Vec<u64>,
    /// Which rules there were from when on.
    pub rules: Vec<(u64, Arc<Vec<bool>>)>,
    pub floods: Vec<u64>,
    /// More spans of a trace are not looked at.
    pub spans_a_trace: usize,
}
