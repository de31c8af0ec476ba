//! The working memory of one call, kept for the next, so that a warmed call does not allocate for a span.

use crate::decide::eval::EvalScratch;
use crate::engine::ledger::NotedRules;
use crate::engine::sink::Sink;
use crate::engine::sorted::SortedSpans;
use crate::engine::touches::Touches;
use crate::mark::OwnSpans;
use crate::matcher::MatchScratch;
use crate::plan::ids::RuleIndex;
use crate::state::shards::ShardIndex;
use crate::windows::pending::Pending;

pub(crate) struct CallScratch {
    pub scan: MatchScratch,
    pub spans: SortedSpans,
    /// Parts that are still to be visited.
    pub parts: Vec<ShardIndex>,
    pub sink: Sink,
    pub touches: Touches,
    pub decide: DecideScratch,
}

/// What decisions work with.
#[derive(Default)]
pub(crate) struct DecideScratch {
    /// Of one trace.
    pub rules: Vec<RuleIndex>,
    /// Those over many traces to which it adds.
    pub over_many: Vec<RuleIndex>,
    /// Where somebody keeps evidence.
    pub noted: NotedRules,
    pub eval: EvalScratch,
    /// What is folded into windows before the call ends.
    pub pending: Pending,
}

impl CallScratch {
    pub fn new(own: OwnSpans, sink: Sink) -> CallScratch {
        CallScratch {
            scan: MatchScratch::new(own),
            spans: SortedSpans::default(),
            parts: Vec::new(),
            sink,
            touches: Touches::default(),
            decide: DecideScratch::default(),
        }
    }
}
