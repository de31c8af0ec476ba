//! What a call works with: the rules of the moment, its working memory, and the time that it was given.

use std::sync::atomic::Ordering;

use crate::engine::Engine;
use crate::engine::context::Context;
use crate::engine::rule_set::RuleSet;
use crate::engine::scratch::CallScratch;
use crate::time::Timestamp;

impl Engine {
    /// Does some work under the present rules, and hands on what it found; returns how many findings wait, too.
    pub(super) fn with_rules<R>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&Context<'_>, &mut CallScratch) -> R,
    ) -> (R, u64) {
        let rules = self.rules.read();
        let context = self.context(&rules, now);
        let mut scratch = self.take_scratch(&rules);
        let done = work(&context, &mut scratch);
        let waiting = self.outbox.settle(&mut scratch.sink, &rules.plan);
        self.scratch.put(scratch);
        (done, waiting)
    }

    /// Working memory for a call, to be given back.
    pub(super) fn take_scratch(&self, rules: &RuleSet) -> Box<CallScratch> {
        let spare = self.scratch.take();
        let mut scratch = spare.unwrap_or_else(|| {
            let own_spans = self.settings.own_spans.clone();
            Box::new(CallScratch::new(own_spans, self.outbox.sink(&rules.plan)))
        });
        scratch.sink.tally.fit(&rules.plan, rules.generation);
        scratch
    }

    pub(super) fn context<'a>(&'a self, rules: &'a RuleSet, now: Timestamp) -> Context<'a> {
        let started = self.started.load(Ordering::Relaxed);
        let moved = self.moved.load(Ordering::Relaxed);
        Context {
            rules,
            present: &self.rules,
            windows: &self.windows,
            settings: &self.settings,
            key: self.key,
            reserve: &self.reserve,
            now,
            restarted: (started > 0).then_some(Timestamp(started)),
            moved: (moved > 0).then_some(Timestamp(moved)),
        }
    }

    /// The engine's time: never back.
    pub(super) fn advance(&self, now: Timestamp) -> Timestamp {
        let before = self.clock.fetch_max(now.0, Ordering::Relaxed);
        Timestamp(before.max(now.0))
    }
}
