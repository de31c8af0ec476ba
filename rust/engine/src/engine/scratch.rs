//! The working memory of one call, kept for the next, so that a warmed call does not allocate for a span.

use std::cell::Cell;
use std::ptr;

use crate::decide::eval::EvalScratch;
use crate::engine::ledger::NotedRules;
use crate::engine::sink::Sink;
use crate::engine::sorted::SortedSpans;
use crate::engine::touches::Touches;
use crate::mark::OwnSpans;
use crate::matcher::MatchScratch;
use crate::plan::ids::RuleIndex;
use crate::state::shards::ShardIndex;
use crate::state::slots::TracePlace;
use crate::sync::Mutex;
use crate::windows::pending::Pending;

thread_local! {
    /// Where what this thread worked with last is in memory.
    static LAST: Cell<usize> = const { Cell::new(0) };
}

/// What no call works with now.
#[derive(Default)]
pub(crate) struct SpareScratch(
    #[allow(clippy::vec_box, reason = "it goes to and fro between here and calls")]
    Mutex<Vec<Box<CallScratch>>>,
);

impl SpareScratch {
    /// That which the thread had last, as its core has it at hand, else another's.
    pub fn take(&self) -> Option<Box<CallScratch>> {
        let mut spare = self.0.lock();
        // A model runs all its threads on one.
        let last = if cfg!(loom) { 0 } else { LAST.get() };
        let own = spare.iter().position(|scratch| scratch.address() == last);
        own.map(|own| spare.swap_remove(own))
            .or_else(|| spare.pop())
    }

    pub fn put(&self, scratch: Box<CallScratch>) {
        LAST.set(scratch.address());
        self.0.lock().push(scratch);
    }

    pub fn each(&self, visit: impl FnMut(&mut CallScratch)) {
        let mut spare = self.0.lock();
        spare.iter_mut().map(Box::as_mut).for_each(visit);
    }
}

pub(crate) struct CallScratch {
    pub scan: MatchScratch,
    pub spans: SortedSpans,
    /// Parts that are still to be visited.
    pub parts: Vec<ShardIndex>,
    /// Where traces of spans that are merged next were found.
    pub found: Vec<Option<TracePlace>>,
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
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    pub fn new(own: OwnSpans, sink: Sink) -> CallScratch {
        CallScratch {
            scan: MatchScratch::new(own),
            spans: SortedSpans::default(),
            parts: Vec::new(),
            found: Vec::new(),
            sink,
            touches: Touches::default(),
            decide: DecideScratch::default(),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use crate::{Engine, Settings, Timestamp};

    #[test]
    fn a_thread_works_with_what_it_had_last_whoever_came_between() {
        let engine = Engine::new(Vec::new(), Settings::default(), Timestamp(0)).unwrap();
        let rules = engine.rules.read();
        let [ours, others] = [0, 1].map(|_| engine.take_scratch(&rules));
        let addresses = [ours.address(), others.address()];
        assert_ne!(addresses[0], addresses[1]);
        engine.scratch.put(ours);
        thread::scope(|scope| scope.spawn(|| engine.scratch.put(others)).join().unwrap());
        let ours = engine.take_scratch(&rules);
        assert_eq!(ours.address(), addresses[0]);
        // Where it is gone, any does.
        assert_eq!(engine.take_scratch(&rules).address(), addresses[1]);
    }
}
