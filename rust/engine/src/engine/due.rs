//! Closing what is due, until other rules are to take the place of these: those who wait for that, and all that wait behind
//! them, are held no longer than one trace takes.

use crate::engine::close::{Cause, close};
use crate::engine::context::Context;
use crate::engine::scratch::{CallScratch, DecideScratch};
use crate::engine::sink::Outbox;
use crate::state::named::NamedTrace;
use crate::state::shard::Shard;
use crate::state::shard::due::{Due, NextDue};
use crate::state::shards::{ShardIndex, Shards};
use crate::sync::MutexGuard;

/// Closes traces that are due in these parts, and takes out of them those where none is left. Returns what is held there
/// then, in bytes.
pub(crate) fn close_due(
    (shards, parts): (&Shards, &mut Vec<ShardIndex>),
    context: &Context<'_>,
    outbox: &Outbox,
    scratch: &mut CallScratch,
) -> u64 {
    let mut held = 0;
    shards.visit(parts, |at, shard| {
        let is_done = close_due_in(shard, context, outbox, scratch);
        shards.account(at, shard.bytes());
        if is_done {
            held += shard.bytes() + shard.forgotten.bytes() as u64;
        }
        is_done
    });
    context.fold_pending(&mut scratch.decide.pending, &mut scratch.sink);
    held
}

/// Closes traces of a part that are due. `true`: none is left, and what was remembered for long enough is forgotten; else
/// the rules are awaited.
fn close_due_in(
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
    loop {
        match next(shard, decide) {
            NextDue::Trace(place, due) => {
                let cause = match due {
                    Due::Quiet => Cause::Whole,
                    Due::Age => Cause::MaxAge,
                };
                close(context, shard, place, cause, decide, sink);
                outbox.settle_much(sink, plan);
            }
            NextDue::Later => {}
            NextDue::None if shard.expire(context.key, now, context.settings) => return true,
            NextDue::None => {}
        }
        // Whoever waits for this part of the traces goes first.
        MutexGuard::bump(shard);
        if context.present.are_awaited() {
            return false;
        }
    }
}
