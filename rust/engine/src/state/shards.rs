//! All traces, in parts that are locked one by one: two calls work side by side where their traces lie in
//! different ones. A call that has to do in several goes [first](Shards::visit) where nobody else is.

use std::sync::atomic::Ordering;

use crate::hash::route;
use crate::id::TraceId;
use crate::state::id_generation::shard_of;
use crate::state::shard::{CHUNKS_AT_ONCE, Shard};
use crate::state::slots::TracePlace;
use crate::state::trace::{Generation, TraceState};
use crate::stats::Stats;
use crate::sync::{Apart, AtomicU64, Mutex, MutexGuard};

/// One part's place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShardIndex(u32);

impl ShardIndex {
    pub fn number(self) -> u64 {
        u64::from(self.0)
    }

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug)]
pub(crate) struct Shards(Box<[LockedShard]>);

#[derive(Debug, Default)]
struct LockedShard {
    shard: Apart<Mutex<Shard>>,
    /// As last accounted. Read by those who work in other shards.
    bytes: Apart<AtomicU64>,
}

impl Shards {
    /// At least one.
    pub fn new(count: u32) -> Shards {
        Shards((0..count.max(1)).map(|_| LockedShard::default()).collect())
    }

    pub fn all(&self) -> impl Iterator<Item = ShardIndex> + use<> {
        (0..self.0.len() as u32).map(ShardIndex)
    }

    /// Where a trace belongs.
    pub fn of(&self, id: TraceId) -> ShardIndex {
        self.of_route(route(id))
    }

    /// Where a trace belongs of whose id only the [`route`], or its kept bits, are known.
    pub fn of_route(&self, route: u64) -> ShardIndex {
        ShardIndex(shard_of(route, self.0.len() as u64) as u32)
    }

    pub fn lock(&self, at: ShardIndex) -> MutexGuard<'_, Shard> {
        self.0[at.0 as usize].shard.0.lock()
    }

    /// Does `work` in each of these parts, and takes out those where it is done, which it tells; where it is not, the visit
    /// ends. Goes first where nobody else is; where others are in all that are left it waits for the first of them. One lock
    /// at a time: two calls can never wait for each other.
    pub fn visit<'s>(
        &'s self,
        parts: &mut Vec<ShardIndex>,
        mut work: impl FnMut(ShardIndex, &mut MutexGuard<'s, Shard>) -> bool,
    ) {
        let (mut waits, mut is_over) = (false, false);
        while !parts.is_empty() && !is_over {
            let before = parts.len();
            parts.retain(|at| {
                if is_over {
                    return true;
                }
                let free = self.0[at.index()].shard.0.try_lock();
                let free = free.or_else(|| std::mem::take(&mut waits).then(|| self.lock(*at)));
                let Some(mut shard) = free else {
                    return true;
                };
                let is_done = work(*at, &mut shard);
                is_over = !is_done;
                !is_done
            });
            waits = parts.len() == before;
        }
    }

    /// Comes to every trace with its place, some at a time: between two times whoever waits goes first, so that traces which
    /// come or go meanwhile may be passed over.
    pub fn each(&self, mut come: impl FnMut(ShardIndex, TracePlace, &TraceState)) {
        for at in self.all() {
            let (mut shard, mut first) = (self.lock(at), 0);
            loop {
                let Some(traces) = shard.some(first) else {
                    break;
                };
                traces.for_each(|(place, trace)| come(at, place, trace));
                first += CHUNKS_AT_ONCE;
                MutexGuard::bump(&mut shard);
            }
        }
    }

    /// That of the first rule set which any trace saw whose state is kept.
    pub fn oldest_generation(&self) -> Option<Generation> {
        let mut oldest = None;
        self.each(|_, _, trace| {
            let generation = trace.generation();
            oldest = Some(oldest.map_or(generation, |oldest: Generation| oldest.min(generation)));
        });
        oldest
    }

    /// A shard holds so much after it changed.
    pub fn account(&self, at: ShardIndex, bytes: u64) {
        self.0[at.0 as usize]
            .bytes
            .0
            .store(bytes, Ordering::Relaxed);
    }

    /// Adds what they count.
    pub fn count(&self, stats: &mut Stats) {
        for at in self.all() {
            let shard = self.lock(at);
            stats.live_traces += shard.live();
            stats.remembered_traces += shard.remembered();
            stats.forgotten_ids += shard.forgotten.len();
            stats.dropped_ids += shard.forgotten.dropped();
            stats.returned_traces += shard.returned();
            stats.memory_bytes += shard.bytes() + shard.forgotten.bytes() as u64;
        }
    }

    /// What their traces hold, in bytes, as last accounted.
    pub fn held_bytes(&self) -> u64 {
        self.0
            .iter()
            .map(|part| part.bytes.0.load(Ordering::Relaxed))
            .fold(0, u64::saturating_add)
    }
}
