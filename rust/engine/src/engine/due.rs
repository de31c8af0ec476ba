//! Closing what is due, until other rules are to take the place of these: those who wait for that, and all that wait behind
//! them, are held no longer than one trace takes.

use crate::engine::close::{Cause, close};
use crate::engine::context::Context;
use crate::engine::lifecycle::Lent;
use crate::engine::scratch::{CallScratch, DecideScratch};
use crate::engine::sink::Outbox;
use crate::state::shard::Shard;
use crate::state::shard::due::{Due, NextDue};
use crate::state::shards::{ShardIndex, Shards};
use crate::state::slots::TracePlace;
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
        shards.account(at, shard);
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
    let mut lent = Lent::new(shard);
    loop {
        match lent.next_due(context) {
            NextDue::Trace(place) => {
                if let Some(cause) = cause_of_close(&mut lent, context, place, decide) {
                    close(context, &mut lent, place, cause, decide, sink);
                    outbox.settle_much(sink, &context.rules.plan);
                }
                lent.came_to_trace();
            }
            NextDue::Later => lent.lend(),
            NextDue::None if lent.expire(context) => return true,
            NextDue::None => lent.lend(),
        }
        if context.present.are_awaited() {
            return false;
        }
    }
}

/// Why a trace whose time is over closes; `None`: it awaits something, or others had its part of the traces meanwhile and it is
/// another's or not due any more.
fn cause_of_close(
    lent: &mut Lent<'_, '_>,
    context: &Context<'_>,
    place: TracePlace,
    decide: &mut DecideScratch,
) -> Option<Cause> {
    let awaited = context.awaited_until(lent, place, &mut decide.eval);
    let due = lent.is_due(context, place, awaited)?;
    Some(match due {
        Due::Quiet => Cause::Whole,
        Due::Age => Cause::MaxAge,
    })
}
