//! All traces, in parts that are locked one by one: two calls work side by side where their traces lie in
//! different ones. A call that has to do in several goes [first](Shards::visit) where nobody else is.

use std::sync::atomic::Ordering;

use betrace_pages::stranded;

use crate::hash::route;
use crate::id::TraceId;
use crate::state::id_place::shard_of;
use crate::state::shard::{CHUNKS_AT_ONCE, Shard};
use crate::state::slots::TracePlace;
use crate::state::trace::{Generation, TraceState};
use crate::stats::Stats;
use crate::sync::{Apart, AtomicU64, Mutex, MutexGuard, look_again_soon};

/// How often a call looks whether a part became free before it sleeps until one does: for some 100 µs. To sleep and to be
/// woken takes as long as most that others do there.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 100 };

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
    known: Apart<Accounted>,
}

/// What is known of a part without its lock, as last accounted.
#[derive(Debug)]
struct Accounted {
    /// What its traces hold.
    bytes: AtomicU64,
    /// When the first of its closed traces closed, the moment before the last of all times at the latest; `u64::MAX`: there is
    /// none.
    first_closed: AtomicU64,
}

impl Default for Accounted {
    fn default() -> Accounted {
        Accounted {
            bytes: AtomicU64::new(0),
            first_closed: AtomicU64::new(u64::MAX),
        }
    }
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
        let lock = &self.0[at.index()].shard.0;
        for _ in 0..LOOKS {
            if let Some(shard) = lock.try_lock() {
                return shard;
            }
            look_again_soon();
        }
        lock.lock()
    }

    /// Does `work` in each of these parts, and takes out those where it is done, which it tells; where it is not, the visit
    /// ends. Goes first where nobody else is; where others are in all that are left it waits for the first of them. One lock
    /// at a time: two calls can never wait for each other.
    pub fn visit<'s>(
        &'s self,
        parts: &mut Vec<ShardIndex>,
        mut work: impl FnMut(ShardIndex, &mut MutexGuard<'s, Shard>) -> bool,
    ) {
        let (mut looks, mut is_over) = (0, false);
        while !parts.is_empty() && !is_over {
            let before = parts.len();
            parts.retain(|at| {
                if is_over {
                    return true;
                }
                let free = self.0[at.index()].shard.0.try_lock();
                let waits = free.is_none() && looks > LOOKS;
                let free = free.or_else(|| waits.then(|| self.lock(*at)));
                let Some(mut shard) = free else {
                    return true;
                };
                looks = 0;
                let is_done = work(*at, &mut shard);
                is_over = !is_done;
                !is_done
            });
            if parts.len() == before {
                looks += 1;
                look_again_soon();
            }
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

    /// A part changed.
    pub fn account(&self, at: ShardIndex, shard: &Shard) {
        let known = &self.0[at.index()].known.0;
        known.bytes.store(shard.bytes(), Ordering::Relaxed);
        let closed = shard.oldest_closed().and_then(|place| shard.get(place));
        let first = closed.and_then(TraceState::closed);
        let first = first.map_or(u64::MAX, |closed| closed.0.min(u64::MAX - 1));
        if known.first_closed.load(Ordering::Relaxed) != first {
            known.first_closed.store(first, Ordering::Relaxed);
        }
    }

    /// The part that has the oldest closed trace; while others are there, one that has the next. `None`: none that was
    /// accounted for.
    pub fn with_oldest_closed(&self) -> Option<(ShardIndex, MutexGuard<'_, Shard>)> {
        let known = |at: ShardIndex| &self.0[at.index()].known.0;
        let first = |at: ShardIndex| known(at).first_closed.load(Ordering::Relaxed);
        let next = |after: Option<(u64, ShardIndex)>| {
            let all = self.all().map(|at| (first(at), at));
            let any = all.filter(|(closed, _)| *closed < u64::MAX);
            any.filter(|one| Some(*one) > after).min()
        };
        let oldest = next(None)?;
        let mut free = Some(oldest);
        while let Some((_, at)) = free {
            if let Some(shard) = self.0[at.index()].shard.0.try_lock() {
                return Some((at, shard));
            }
            free = next(free);
        }
        Some((oldest.1, self.lock(oldest.1)))
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
        stats.memory_bytes += stranded() as u64;
    }

    /// What their traces hold, in bytes, as last accounted, and what is held for want of traces of the same sizes.
    pub fn held_bytes(&self) -> u64 {
        self.0
            .iter()
            .map(|part| part.known.0.bytes.load(Ordering::Relaxed))
            .fold(stranded() as u64, u64::saturating_add)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::hash::HashKey;
    use crate::id::TraceId;
    use crate::logic::tri::Reasons;
    use crate::settings::Settings;
    use crate::state::shards::{ShardIndex, Shards};
    use crate::state::trace::Generation;
    use crate::time::Timestamp;

    #[test]
    fn the_oldest_closed_trace_is_known_without_waiting_and_the_next_is_taken_while_others_are_there()
     {
        let (shards, settings) = (Shards::new(3), Settings::default());
        let parts: Vec<ShardIndex> = shards.all().collect();
        assert!(shards.with_oldest_closed().is_none());
        // At the last of all times one closes as at any other.
        for (part, closed) in [(0, u64::MAX), (1, 5), (2, 6)] {
            let mut shard = shards.lock(parts[part]);
            let id = TraceId([part as u8; 16]);
            let now = Timestamp(closed);
            let place = shard.open(HashKey::new(1), id, now, Generation(1), &settings);
            shard.get_mut(place).unwrap().close(now, Reasons::NONE);
            shard.remember(place);
            shards.account(parts[part], &shard);
        }
        let mut held = Vec::new();
        for part in [1, 2, 0] {
            let (at, shard) = shards.with_oldest_closed().unwrap();
            assert_eq!(at, parts[part]);
            held.push(shard);
        }
        drop(held);
        assert_eq!(shards.with_oldest_closed().unwrap().0, parts[1]);
    }
}
