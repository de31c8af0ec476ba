//! The words for what became of a rule in a trace, shared by the engine, the oracle and rule tests.

/// A rule's answer for one trace. Ordered from best to worst, so the worst of several is their `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// `when` is false.
    NotApplicable,
    /// `when` holds and every clause is kept.
    Satisfied,
    /// The trace closed before it could be known, see [`Reason`].
    Inconclusive,
    /// `when` holds and a clause is broken; no later span can undo it.
    Violated,
}

/// Why a verdict is inconclusive. Several may apply: the first in this order is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No root came.
    NoRoot,
    /// A parent never came, or the parents form a cycle.
    Orphan,
    /// More spans came than `limits.spans_per_trace`.
    SpanLimit,
    /// Closed by `max_age`.
    Evicted,
    /// Shed to stay within `limits.memory_mib`.
    Memory,
    /// The rule was added or changed while the trace was live or remembered.
    Reload,
    /// The trace may have begun before a start without stored state.
    Restart,
    /// The process stopped first.
    Shutdown,
    /// A record of the rule was full.
    StateCap,
    /// A span whose times have no order.
    Skew,
    /// Spans came after the close.
    Late,
}

impl Verdict {
    pub const ALL: [Verdict; 4] = [
        Verdict::Violated,
        Verdict::Satisfied,
        Verdict::NotApplicable,
        Verdict::Inconclusive,
    ];

    /// As printed in JSON, metrics and rule tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::NotApplicable => "not_applicable",
            Verdict::Satisfied => "satisfied",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Violated => "violated",
        }
    }
}

impl Reason {
    pub const ALL: [Reason; 11] = [
        Reason::NoRoot,
        Reason::Orphan,
        Reason::SpanLimit,
        Reason::Evicted,
        Reason::Memory,
        Reason::Reload,
        Reason::Restart,
        Reason::Shutdown,
        Reason::StateCap,
        Reason::Skew,
        Reason::Late,
    ];

    /// As printed in JSON and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::NoRoot => "no_root",
            Reason::Orphan => "orphan",
            Reason::SpanLimit => "span_limit",
            Reason::Evicted => "evicted",
            Reason::Memory => "memory",
            Reason::Reload => "reload",
            Reason::Restart => "restart",
            Reason::Shutdown => "shutdown",
            Reason::StateCap => "state_cap",
            Reason::Skew => "skew",
            Reason::Late => "late",
        }
    }
}
