//! Keeping all state within its bound: what costs least is dropped first.

use crate::engine::close::{Cause, close};
use crate::engine::context::Context;
use crate::engine::lifecycle::Lent;
use crate::engine::scratch::DecideScratch;
use crate::engine::sink::{Outbox, Sink};
use crate::state::shard::Shard;
use crate::state::shards::{ShardIndex, Shards};
use crate::state::slots::TracePlace;
use crate::sync::{MutexGuard, piecewise};

/// How much of closed traces' states is dropped before the bound is looked at again: such a share of it, so that a message
/// comes to few parts, but no less, and no more than others can wait for, in bytes.
const SHARE: u64 = 2048;
const LITTLE: u64 = 16 << 10;
const MUCH: u64 = 256 << 10;

/// Sheds until the traces are within their bound: first closed ones' state, then live ones that are open for
/// nothing but what they await, then the others; of each kind the oldest. The ids of those that are gone have a bound of their own.
pub(crate) fn shed(
    shards: &Shards,
    context: &Context<'_>,
    outbox: &Outbox,
    scratch: &mut DecideScratch,
    sink: &mut Sink,
) {
    let mut is_shrunk = false;
    loop {
        let most = most_bytes(context);
        if shards.held_bytes() <= most {
            return;
        }
        let forget_closed = |shard: &mut Shard| {
            let at_once = (most / SHARE).clamp(LITTLE, MUCH) as usize;
            shard.forget(context.key, context.settings, at_once, |_| true);
        };
        if let Some((at, mut shard)) = shards.with_oldest_closed() {
            forget_closed(&mut shard);
            shards.account(at, &shard);
            // The next may be of the same part again: whoever waits for it goes first.
            MutexGuard::bump(&mut shard);
            continue;
        }
        // Others may have closed some since.
        let Some((at, kind)) = oldest(shards, context) else {
            return;
        };
        if !matches!(kind, Kind::Closed) && !is_shrunk {
            // Empty room goes before a trace does.
            is_shrunk = true;
            for at in shards.all() {
                let mut shard = shards.lock(at);
                piecewise(&mut shard, Shard::shrink);
                shards.account(at, &shard);
            }
            continue;
        }
        let mut shard = shards.lock(at);
        match kind {
            Kind::Closed => forget_closed(&mut shard),
            Kind::Waiting | Kind::Live => {
                if let Some(place) = oldest_open(&shard, kind) {
                    let lent = &mut Lent::new(&mut shard);
                    close(context, lent, place, Cause::Memory, scratch, sink);
                    context.fold_pending(&mut scratch.pending, sink);
                    shard.forget_oldest(context.key, context.settings);
                    sink.tally.shed += 1;
                    outbox.settle_much(sink, &context.rules.plan);
                }
            }
        }
        shards.account(at, &shard);
    }
}

/// What traces may take now, in bytes: windows over many traces, which have a bound of their own, take of the same.
fn most_bytes(context: &Context<'_>) -> u64 {
    let windows = match context.rules.plan.windows.rules.is_empty() {
        true => 0,
        false => context.windows.lock().bytes() as u64,
    };
    context.settings.trace_bytes().saturating_sub(windows)
}

/// What can be shed.
#[derive(Clone, Copy)]
enum Kind {
    Closed,
    Waiting,
    Live,
}

fn oldest_open(shard: &Shard, kind: Kind) -> Option<TracePlace> {
    match kind {
        Kind::Closed => None,
        Kind::Waiting => shard.oldest_waiting(),
        Kind::Live => shard.oldest_live(),
    }
}

/// The kind that is shed first, and the shard that has the oldest of it.
fn oldest(shards: &Shards, context: &Context<'_>) -> Option<(ShardIndex, Kind)> {
    let age_of = |kind: Kind, mut shard: MutexGuard<'_, Shard>| match kind {
        Kind::Closed => shard.get(shard.oldest_closed()?)?.closed(),
        Kind::Waiting | Kind::Live => {
            let trim = |shard: &mut Shard| shard.trim(context.now, context.settings);
            piecewise(&mut shard, trim);
            shard
                .get(oldest_open(&shard, kind)?)
                .map(|trace| trace.opened())
        }
    };
    [Kind::Closed, Kind::Waiting, Kind::Live]
        .into_iter()
        .find_map(|kind| {
            let ages = shards.all().filter_map(|at| {
                let age = age_of(kind, shards.lock(at))?;
                Some((age, at))
            });
            ages.min().map(|(_, at)| (at, kind))
        })
}
