//! The working memory of one call, kept for the next, so that a warmed call does not allocate for a span.

use crate::decide::eval::EvalScratch;
use crate::engine::ledger::NotedRules;
use crate::engine::sink::Sink;
use crate::mark::OwnSpans;
use crate::matcher::MatchScratch;
use crate::matcher::ids::SelectorId;
use crate::plan::ids::RuleIndex;
use crate::state::shards::ShardIndex;
use crate::state::slots::TracePlace;

pub(crate) struct CallScratch {
    pub scan: MatchScratch,
    pub sink: Sink,
    pub touches: Vec<Touch>,
    pub decide: DecideScratch,
}

/// What decisions work with.
#[derive(Default)]
pub(crate) struct DecideScratch {
    /// Of one trace.
    pub rules: Vec<RuleIndex>,
    /// Where somebody keeps evidence.
    pub noted: NotedRules,
    pub eval: EvalScratch,
}

impl CallScratch {
    pub fn new(own: OwnSpans) -> CallScratch {
        CallScratch {
            scan: MatchScratch::new(own),
            sink: Sink::default(),
            touches: Vec::new(),
            decide: DecideScratch::default(),
        }
    }
}

/// A trace that a span was merged into, and a selector of that span that may decide a rule early; `None`: the
/// trace was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touch {
    pub shard: ShardIndex,
    pub place: TracePlace,
    pub selector: Option<SelectorId>,
}
