//! The words for what became of a rule in a trace, shared by the engine, the oracle and rule tests.

use crate::words::{Word, words};

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

words! {
    /// Why a verdict is inconclusive. Several may apply: the first of [`Reason::PRECEDENCE`] is reported.
    /// The order of the variants is that of stored state, and only grows.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Reason {
        /// No root came.
        NoRoot = "no_root",
        /// A parent never came, or the parents form a cycle.
        Orphan = "orphan",
        /// More spans came than `limits.spans_per_trace`.
        SpanLimit = "span_limit",
        /// Closed by `max_age`.
        Evicted = "evicted",
        /// Shed to stay within `limits.memory_mib`.
        Memory = "memory",
        /// The rule was added or changed while the trace was live or remembered.
        Reload = "reload",
        /// The trace may have begun before a start without stored state.
        Restart = "restart",
        /// The process stopped first.
        Shutdown = "shutdown",
        /// A record of the rule was full.
        StateCap = "state_cap",
        /// A span whose times have no order.
        Skew = "skew",
        /// Spans came after the close.
        Late = "late",
        /// Copies of one span differ in what rules read.
        Conflict = "conflict",
        /// The members of the tier changed, so that spans may have gone elsewhere.
        Moved = "moved",
        /// A share lies on neither side of what it is compared with, with the confidence that is asked for.
        TooFew = "too_few",
    }
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

impl Word for Verdict {
    const WORDS: &'static [Verdict] = &Verdict::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Reason {
    /// Which of several is reported: first what an operator can change.
    pub const PRECEDENCE: [Reason; Reason::ALL.len()] = [
        Reason::Evicted,
        Reason::NoRoot,
        Reason::Orphan,
        Reason::SpanLimit,
        Reason::Memory,
        Reason::Reload,
        Reason::Restart,
        Reason::Moved,
        Reason::Shutdown,
        Reason::StateCap,
        Reason::Conflict,
        Reason::Skew,
        Reason::Late,
        Reason::TooFew,
    ];
}
