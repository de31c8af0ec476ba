//! Keeping all state within its bound: what costs least is dropped first.

use crate::engine::context::Context;
use crate::engine::lifecycle::{Cause, close};
use crate::engine::sink::{Outbox, Sink};
use crate::state::shard::Shard;
use crate::state::shards::{ShardIndex, Shards};
use crate::time::Timestamp;

/// How many closed traces' states are dropped before the bound is looked at again.
const SHED_AT_ONCE: usize = 16;

/// Sheds until the state is within its bound: first closed traces' state, then live traces, then
/// remembered ids; of each kind the oldest.
pub(crate) fn shed(shards: &Shards, context: &Context<'_>, outbox: &Outbox, sink: &mut Sink) {
    while shards.held_bytes() > context.settings.memory_bytes {
        let Some((at, kind)) = oldest(shards) else {
            return;
        };
        let mut shard = shards.lock(at);
        match kind {
            Kind::Closed => {
                for _ in 0..SHED_AT_ONCE {
                    shard.forget_oldest(context.key, context.settings);
                }
            }
            Kind::Live => {
                if let Some(place) = shard.oldest_live() {
                    close(context, &mut shard, place, Cause::Memory, sink);
                    shard.forget_oldest(context.key, context.settings);
                    sink.tally.shed += 1;
                    outbox.settle_much(sink);
                }
            }
            Kind::Id => {
                shard.forgotten.shed();
            }
        }
        shards.account(at, shard.bytes());
    }
}

/// What can be shed.
#[derive(Clone, Copy)]
enum Kind {
    Closed,
    Live,
    Id,
}

/// The kind that is shed first, and the shard that has the oldest of it.
fn oldest(shards: &Shards) -> Option<(ShardIndex, Kind)> {
    let age_of = |kind: Kind, shard: &mut Shard| match kind {
        Kind::Closed => shard.get(shard.oldest_closed()?)?.closed(),
        Kind::Live => {
            let place = shard.oldest_live()?;
            shard.get(place).map(|trace| trace.opened())
        }
        Kind::Id => (shard.forgotten.len() > 0).then_some(Timestamp(0)),
    };
    [Kind::Closed, Kind::Live, Kind::Id]
        .into_iter()
        .find_map(|kind| {
            let ages = shards.all().filter_map(|at| {
                let age = age_of(kind, &mut shards.lock(at))?;
                Some((age, at))
            });
            ages.min().map(|(_, at)| (at, kind))
        })
}
