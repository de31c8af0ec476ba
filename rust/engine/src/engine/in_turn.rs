//! Several threads over one recording, with the outcome of one thread: which of two copies of a span came first, and what
//! was there when a trace closed, must not hang on who was faster.
//!
//! Each message has its turn in every part of the traces, behind the message before it; what is read and matched, and what
//! is done in different parts, is done side by side. Closes have no order, but memory that runs short has: whoever feeds an
//! engine in turns leaves one message alone with it once it has [no room](Engine::has_room) any more.

use crate::engine::Engine;
use crate::engine::close::{Cause, close};
use crate::engine::consumed::{ConsumeError, Consumed};
use crate::engine::context::Context;
use crate::engine::intake::Turns;
use crate::engine::lifecycle::Lent;
use crate::engine::scratch::CallScratch;
use crate::finding::Finding;
use crate::settings::CloseCause;
use crate::state::shards::ShardIndex;
use crate::state::slots::Serial;
use crate::sync::{MutexGuard, piecewise};
use crate::time::Timestamp;

impl Engine {
    /// [`Engine::consume`] side by side with others, with the outcome of one call after the other in the order of their
    /// `turns`. The latest time that was given must be the same for all that run at once.
    ///
    /// # Errors
    /// As of [`Engine::consume`].
    pub fn consume_in_turn(
        &self,
        otlp: &[u8],
        now: Timestamp,
        turns: &dyn Turns,
    ) -> Result<Consumed, ConsumeError> {
        self.take_in(otlp, now, Some(turns))
    }

    /// In how many parts its traces are: those of `shards` in its settings.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.shards.all().count()
    }

    /// Whether less than half of what traces may take is taken. Once it is more, what is dropped for want of memory may hang
    /// on which call comes first.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.shards.held_bytes() < self.settings.trace_bytes() / 2
    }

    /// As [`Engine::drain_traces`], of the traces of one part alone: for several threads, each with parts of its own. Windows
    /// over many traces end when all are drained.
    pub fn drain_part(
        &self,
        part: usize,
        now: Timestamp,
        cause: CloseCause,
        mut take: impl FnMut(Vec<Finding>),
    ) {
        let part = self.shards.all().nth(part).into_iter();
        let settled = || take(self.take_findings(usize::MAX));
        self.close_parts(part, now, cause.into(), settled);
    }

    /// `settled` is called whenever findings may have come to those that wait, and at the end.
    pub(super) fn close_parts(
        &self,
        parts: impl Iterator<Item = ShardIndex>,
        now: Timestamp,
        cause: Cause,
        mut settled: impl FnMut(),
    ) {
        let now = self.advance(now);
        for at in parts {
            let mut newest = None;
            let mut close = |context: &Context<'_>, scratch: &mut CallScratch| {
                self.close_part((at, &mut newest), context, cause, scratch)
            };
            while !self.with_rules(now, &mut close).0 {
                settled();
            }
            settled();
        }
    }

    /// Closes traces of a part, but not those that opened since it was first come to. `true`: none is left; else the rules are
    /// awaited, or there is much to be taken.
    fn close_part(
        &self,
        (at, newest): (ShardIndex, &mut Option<Serial>),
        context: &Context<'_>,
        cause: Cause,
        CallScratch { sink, decide, .. }: &mut CallScratch,
    ) -> bool {
        let mut shard = self.shards.lock(at);
        let newest = *newest.get_or_insert_with(|| shard.newest());
        let is_done = loop {
            piecewise(&mut shard, |shard| {
                shard.trim(context.now, context.settings)
            });
            let oldest = shard.oldest_live();
            let Some(place) = oldest.filter(|place| !place.is_after(newest)) else {
                break true;
            };
            let lent = &mut Lent::new(&mut shard);
            close(context, lent, place, cause, decide, sink);
            let is_much = self.outbox.settle_much(sink, &context.rules.plan);
            if is_much || context.present.are_awaited() {
                break false;
            }
            MutexGuard::bump(&mut shard);
        };
        self.shards.account(at, &shard);
        drop(shard);
        context.fold_pending(&mut decide.pending, sink);
        is_done
    }
}
