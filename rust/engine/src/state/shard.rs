//! One part of all traces: live ones, closed ones that wait for late spans, and the ids of those that are
//! gone.
//!
//! Timers are lazy: a trace has one entry in a heap, which is looked at when it is due and put back
//! if spans came since. No span touches an ordered structure. What a flood made grow shrinks again as its
//! traces go, so that no room that stands empty counts against those that come after.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use betrace_lang::verdict::Reason;
use hashbrown::HashTable;

use crate::hash::{HashKey, route};
use crate::heap::heap;
use crate::id::TraceId;
use crate::settings::Settings;
use crate::state::block_pool::BlockPool;
use crate::state::forgotten::{Forgotten, Share};
use crate::state::named::{NamedTrace, NamedTraceMut};
use crate::state::slots::{Slots, TracePlace};
use crate::state::trace::{Generation, TraceState};
use crate::time::Timestamp;

/// A shard's tables keep at least room for so many entries.
const ROOM: usize = 64;

/// So many traces are forgotten before whoever waits for the lock goes first.
const EXPIRED_AT_ONCE: usize = 256;

/// Why a trace is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// No span came for long enough.
    Quiet,
    /// It is too old.
    Age,
}

/// Free blocks are kept for traces to come: so many bytes, or one for each so many that traces hold.
const FREE_BYTES: usize = 16 << 10;
const FREE_SHARE: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Shard {
    slots: Slots,
    pool: BlockPool,
    table: HashTable<u32>,
    timers: BinaryHeap<Reverse<(Timestamp, TracePlace)>>,
    /// Live traces in the order in which they were opened, with stale entries between them.
    opened: VecDeque<TracePlace>,
    /// Closed ones in the order in which they closed.
    closed: VecDeque<TracePlace>,
    /// Live traces that were kept open beyond their idle time, in that order, with stale entries between
    /// them.
    waiting: VecDeque<TracePlace>,
    pub forgotten: Forgotten,
    live: u64,
    remembered: u64,
    trace_bytes: usize,
    /// Traces that were opened again, with nothing known of them but their id.
    returned: u64,
    /// Traces that went since it shrank.
    gone: usize,
}

impl Shard {
    /// How many traces are live.
    pub fn live(&self) -> u64 {
        self.live
    }

    /// How many closed ones wait for late spans.
    pub fn remembered(&self) -> u64 {
        self.remembered
    }

    fn held(&self) -> usize {
        (self.live + self.remembered) as usize
    }

    /// How many traces came again after their state was dropped.
    pub fn returned(&self) -> u64 {
        self.returned
    }

    #[inline(always)]
    pub fn get(&self, place: TracePlace) -> Option<&TraceState> {
        self.slots.get(place)
    }

    #[inline(always)]
    pub fn get_mut(&mut self, place: TracePlace) -> Option<&mut TraceState> {
        self.slots.get_mut(place)
    }

    /// A trace with what it grows from.
    pub fn grow(&mut self, place: TracePlace) -> Option<(&mut TraceState, &mut BlockPool)> {
        Some((self.slots.get_mut(place)?, &mut self.pool))
    }

    /// A trace whose cells may be read.
    pub fn settled(&mut self, place: TracePlace) -> Option<NamedTraceMut<'_>> {
        let trace = self.slots.get_mut(place)?;
        if !trace.is_settled() {
            trace.settle(&mut self.pool);
            let (before, now) = trace.weigh();
            self.trace_bytes = (self.trace_bytes + now).saturating_sub(before);
        }
        Some(NamedTraceMut {
            trace,
            texts: &self.pool.texts,
        })
    }

    fn find(&self, hash: u64, id: TraceId) -> Option<TracePlace> {
        let slot = self.table.find(hash, |slot| {
            let trace = self.slots.at(*slot);
            trace.is_some_and(|trace| trace.id() == id)
        })?;
        Some(self.slots.place_of(*slot))
    }

    /// Marks the trace `id` as one of which not every span comes. `false`: it is not here, or closed.
    pub fn mark_partial(&mut self, key: HashKey, id: TraceId) -> bool {
        let place = self.find(key.of_trace(id), id);
        match place.and_then(|place| self.get_mut(place)) {
            Some(trace) if trace.is_live() => {
                trace.reasons.add(Reason::SpanLimit);
                true
            }
            _ => false,
        }
    }

    /// The trace `id`, opened if need be. An id whose trace is gone opens a late one.
    pub fn open(
        &mut self,
        key: HashKey,
        id: TraceId,
        now: Timestamp,
        generation: Generation,
        settings: &Settings,
    ) -> TracePlace {
        let hash = key.of_trace(id);
        if let Some(place) = self.find(hash, id) {
            return place;
        }
        let mut trace = TraceState::new(id, now, generation);
        if self.forgotten.has(key, route(id)) {
            trace.reasons.add(Reason::Late);
            self.returned += 1;
        }
        self.place(key, hash, trace, settings)
    }

    /// Adds a trace that is not there.
    pub fn insert(
        &mut self,
        key: HashKey,
        settings: &Settings,
        trace: impl FnOnce(&mut BlockPool) -> TraceState,
    ) {
        let trace = trace(&mut self.pool);
        let hash = key.of_trace(trace.id());
        self.place(key, hash, trace, settings);
    }

    fn place(
        &mut self,
        key: HashKey,
        hash: u64,
        trace: TraceState,
        settings: &Settings,
    ) -> TracePlace {
        self.trace_bytes += trace.bytes;
        // The root may be the next to come, so that its wait is looked at when the idle time is over.
        let due = trace.quiet(settings).min(trace.age(settings));
        let is_live = trace.is_live();
        let place = self.slots.add(trace);
        let slots = &self.slots;
        self.table.insert_unique(hash, place.slot, |slot| {
            let trace = slots.at(*slot);
            trace.map_or(0, |trace| key.of_trace(trace.id()))
        });
        if is_live {
            self.live += 1;
            self.timers.push(Reverse((due, place)));
            self.opened.push_back(place);
        } else {
            self.remembered += 1;
            self.closed.push_back(place);
        }
        place
    }

    /// A trace weighs something else than before.
    pub fn reweigh(&mut self, (before, now): (usize, usize)) {
        self.trace_bytes = (self.trace_bytes + now).saturating_sub(before);
    }

    /// The next live trace that is due, and why, with its timer taken.
    pub fn next_due(
        &mut self,
        now: Timestamp,
        settings: &Settings,
        mut awaited: impl FnMut(NamedTrace<'_>) -> Option<Timestamp>,
    ) -> Option<(TracePlace, Due)> {
        while let Some(Reverse((at, place))) = self.timers.peek().copied() {
            if at > now {
                return None;
            }
            self.timers.pop();
            let Some(trace) = self.get(place).filter(|trace| trace.is_live()) else {
                continue;
            };
            let (quiet, age) = (trace.quiet(settings), trace.age(settings));
            if quiet.min(age) > now {
                self.timers.push(Reverse((quiet.min(age), place)));
                continue;
            }
            let Some(trace) = self.settled(place) else {
                continue;
            };
            let awaited = awaited(trace.asked()).map_or(quiet, |until| quiet.max(until));
            if awaited.min(age) <= now {
                let due = if awaited <= age { Due::Quiet } else { Due::Age };
                return Some((place, due));
            }
            // What is awaited may come at any time, and the trace is due its idle time after that.
            let again = now.plus(settings.idle_timeout).min(awaited).min(age);
            self.timers.push(Reverse((again, place)));
            self.waiting.push_back(place);
        }
        None
    }

    /// A live trace has closed: it waits for late spans.
    pub fn remember(&mut self, place: TracePlace) {
        self.live -= 1;
        self.remembered += 1;
        self.closed.push_back(place);
        self.trim_opened();
    }

    /// Entries of traces that are no longer live leave from the front; the rest when it gets long.
    fn trim_opened(&mut self) {
        while let Some(place) = self.opened.front().copied() {
            if self.get(place).is_some_and(|trace| trace.is_live()) {
                break;
            }
            self.opened.pop_front();
        }
        if self.opened.len() as u64 > 64 + 2 * self.live {
            let mut kept = std::mem::take(&mut self.opened);
            kept.retain(|place| self.get(*place).is_some_and(|trace| trace.is_live()));
            self.opened = kept;
        }
    }

    /// The longest live trace.
    pub fn oldest_live(&mut self) -> Option<TracePlace> {
        self.trim_opened();
        self.opened.front().copied()
    }

    /// The first live trace that is open for nothing but what it awaits.
    pub fn oldest_waiting(&mut self, now: Timestamp, settings: &Settings) -> Option<TracePlace> {
        while let Some(place) = self.waiting.front().copied() {
            let trace = self.get(place).filter(|trace| trace.is_live());
            if trace.is_some_and(|trace| trace.quiet(settings) <= now) {
                return Some(place);
            }
            self.waiting.pop_front();
        }
        None
    }

    /// The first closed one.
    pub fn oldest_closed(&self) -> Option<TracePlace> {
        self.closed.front().copied()
    }

    pub fn live_places(&self) -> Vec<TracePlace> {
        self.opened
            .iter()
            .copied()
            .filter(|place| self.get(*place).is_some_and(|trace| trace.is_live()))
            .collect()
    }

    /// Every trace, live or remembered.
    pub fn traces(&self) -> impl Iterator<Item = &TraceState> {
        self.slots.traces()
    }

    /// Where they stand.
    pub fn places(&self) -> impl Iterator<Item = (TraceId, TracePlace)> {
        self.slots.places()
    }

    /// Drops the state of the first closed trace and keeps its id.
    pub fn forget_oldest(&mut self, key: HashKey, settings: &Settings) {
        let Some(place) = self.closed.pop_front() else {
            return;
        };
        let Some(trace) = self.slots.take(place) else {
            return;
        };
        self.remembered -= 1;
        self.trace_bytes = self.trace_bytes.saturating_sub(trace.bytes);
        let hash = key.of_trace(trace.id());
        if let Ok(entry) = self.table.find_entry(hash, |slot| *slot == place.slot) {
            entry.remove();
        }
        if let Some(closed) = trace.closed() {
            let share = Share::of(settings);
            self.forgotten.add(key, route(trace.id()), closed, share);
        }
        trace.release(&mut self.pool);
        self.gone += 1;
        if self.gone > ROOM.max(self.held() / 4) {
            self.shrink(key);
        }
    }

    /// Gives back room that a flood left: where three quarters stand empty, half of it goes.
    pub fn shrink(&mut self, key: HashKey) {
        self.gone = 0;
        let sparse = |len: usize, room: usize| room > ROOM && len < room / 4;
        let least = if self.held() == 0 { 0 } else { FREE_BYTES };
        self.pool.limit(least.max(self.trace_bytes / FREE_SHARE));
        self.slots.shrink();
        if sparse(self.table.len(), self.table.capacity()) {
            let slots = &self.slots;
            self.table.shrink_to(2 * self.table.len(), |slot| {
                let trace = slots.at(*slot);
                trace.map_or(0, |trace| key.of_trace(trace.id()))
            });
        }
        // Timers of traces that closed before they were due go when they are, or when they are most.
        if self.timers.len() > ROOM && self.timers.len() as u64 > 4 * self.live {
            let mut timers = std::mem::take(&mut self.timers);
            timers.retain(|Reverse((_, place))| self.get(*place).is_some_and(TraceState::is_live));
            self.timers = timers;
        }
        if sparse(self.timers.len(), self.timers.capacity()) {
            self.timers.shrink_to(2 * self.timers.len());
        }
        if self.waiting.len() as u64 > 64 + 2 * self.live {
            // A trace that waited long stands here many times; the first of them counts.
            let mut waiting = std::mem::take(&mut self.waiting);
            let mut kept = hashbrown::HashSet::new();
            waiting.retain(|place| {
                self.get(*place).is_some_and(TraceState::is_live) && kept.insert(*place)
            });
            self.waiting = waiting;
        }
        for queue in [&mut self.opened, &mut self.closed, &mut self.waiting] {
            if sparse(queue.len(), queue.capacity()) {
                queue.shrink_to(2 * queue.len());
            }
        }
    }

    /// Forgets the state of traces whose time for late spans is over, and ids whose time is over too. `false`: there are
    /// more such traces, so that whoever waits may go first.
    pub fn expire(&mut self, key: HashKey, now: Timestamp, settings: &Settings) -> bool {
        let mut forgotten = 0;
        while let Some(place) = self.closed.front().copied() {
            let closed = self.get(place).and_then(TraceState::closed);
            let is_over = closed.is_none_or(|at| at.plus(settings.late_window) <= now);
            if !is_over {
                break;
            }
            if forgotten == EXPIRED_AT_ONCE {
                return false;
            }
            self.forget_oldest(key, settings);
            forgotten += 1;
        }
        let keep = settings.forget_after.saturating_add(settings.late_window);
        self.forgotten.expire(now, keep);
        self.shrink(key);
        true
    }

    /// What the traces of this shard hold, live or not.
    pub fn bytes(&self) -> u64 {
        let own = self.slots.bytes()
            + self.pool.bytes()
            + heap(self.table.allocation_size())
            + heap(self.timers.capacity() * size_of::<Reverse<(Timestamp, TracePlace)>>())
            + heap((self.opened.capacity() + self.closed.capacity()) * size_of::<TracePlace>())
            + heap(self.waiting.capacity() * size_of::<TracePlace>());
        (own + self.trace_bytes) as u64
    }
}
