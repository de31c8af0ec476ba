//! Closing what is due, some at a time: between two times other rules may take the place of these, and those who wait for
//! that, and all that wait behind them, are held no longer than one takes.

use crate::engine::close::{Cause, close};
use crate::engine::context::Context;
use crate::engine::scratch::{CallScratch, DecideScratch};
use crate::engine::sink::Outbox;
use crate::state::named::NamedTrace;
use crate::state::shard::{Due, Shard};
use crate::sync::MutexGuard;

/// How often rules are looked at, at most, in one go. A trace that a change of all rules went over asks each of them.
const LOOKS_AT_ONCE: usize = if cfg!(loom) { 1 } else { 10_000 };

/// Closes some of the traces of a part that are due. `true`: none is left, and what was remembered for long enough is
/// forgotten.
pub(crate) fn close_due(
    shard: &mut MutexGuard<'_, Shard>,
    context: &Context<'_>,
    outbox: &Outbox,
    scratch: &mut CallScratch,
) -> bool {
    let CallScratch { sink, decide, .. } = scratch;
    let (now, plan) = (context.now, &context.rules.plan);
    let next = |shard: &mut Shard, decide: &mut DecideScratch| {
        let awaited = |trace: NamedTrace<'_>| context.awaited_until(trace, &mut decide.eval);
        shard.next_due(now, context.settings, awaited)
    };
    for _ in 0..(LOOKS_AT_ONCE / plan.rules.len().max(1)).max(1) {
        let Some((place, due)) = next(shard, decide) else {
            while !shard.expire(context.key, now, context.settings) {
                MutexGuard::bump(shard);
            }
            return true;
        };
        let cause = match due {
            Due::Quiet => Cause::Whole,
            Due::Age => Cause::MaxAge,
        };
        close(context, shard, place, cause, decide, sink);
        outbox.settle_much(sink, plan);
        // Whoever waits for this part of the traces goes first.
        MutexGuard::bump(shard);
    }
    false
}
