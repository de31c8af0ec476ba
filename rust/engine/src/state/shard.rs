//! One part of all traces: live ones, closed ones that wait for late spans, and the ids of those that are
//! gone.
//!
//! Timers are lazy: a trace has one, which is looked at when it is due and put back if spans came since. No span touches an
//! ordered structure. What a flood made grow shrinks again as its traces go, so that no room that stands empty counts against
//! those that come after.
//!
//! However many traces there are, no call here does more at once than others can wait for: what grows does so in pieces, what
//! is stale goes a few at a time, and what has more to do says so.

mod ahead;
pub(crate) mod due;

use betrace_lang::verdict::Reason;

use crate::hash::{HashKey, route};
use crate::id::TraceId;
use crate::settings::Settings;
use crate::state::block_pool::BlockPool;
use crate::state::flags::Flag;
use crate::state::forgotten::{Forgotten, Share};
use crate::state::looked_at::LookedAt;
use crate::state::named::NamedTraceMut;
use crate::state::piece_queue::PieceQueue;
use crate::state::recent_slots::RecentSlots;
use crate::state::settled::SettledCells;
use crate::state::slots::{Serial, Slots, TracePlace};
use crate::state::split_table::SplitTable;
use crate::state::timers::Timers;
use crate::state::trace::{Generation, TraceState};
use crate::sync::worked;
use crate::time::Timestamp;

/// A shard's tables keep at least room for so many entries.
const ROOM: usize = 64;

/// So much is forgotten before whoever waits for the lock goes first, in bytes; a trace counts for so many more.
const FORGOTTEN_AT_ONCE: usize = 256 << 10;
const FORGOTTEN_EACH: usize = 1 << 10;

/// So many timers and stale places are looked at before whoever waits for the lock goes first, and so many blocks handed
/// back.
const LOOKS_AT_ONCE: usize = 256;

/// So many chunks of traces are looked through likewise, of some dozens each.
pub(super) const CHUNKS_AT_ONCE: usize = 32;

/// Free blocks are kept for traces to come: so many bytes, or one for each so many that traces hold.
const FREE_BYTES: usize = 16 << 10;
const FREE_SHARE: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Shard {
    slots: Slots,
    pool: BlockPool,
    settled: SettledCells,
    /// Of all traces, and of those that spans came of last.
    table: SplitTable,
    recent: RecentSlots,
    timers: Timers,
    /// Live traces in the order in which they were opened, with stale entries between them.
    opened: PieceQueue<TracePlace>,
    /// Closed ones in the order in which they closed.
    closed: PieceQueue<TracePlace>,
    /// Live traces that were kept open beyond their idle time, in that order, with stale entries between
    /// them.
    waiting: PieceQueue<TracePlace>,
    pub forgotten: Forgotten,
    live: u64,
    remembered: u64,
    trace_bytes: usize,
    /// Traces that were opened again, with nothing known of them but their id.
    returned: u64,
    /// Traces that went since it shrank.
    gone: usize,
    /// Of the next timers, of those that opened first, and of those that closed first.
    due_looked_at: LookedAt,
    opened_looked_at: LookedAt,
    closed_looked_at: LookedAt,
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
        self.settled.forget();
        Some((self.slots.get_mut(place)?, &mut self.pool))
    }

    /// A trace with memory to count in what its spans left, if that is asked for.
    pub fn ask(&mut self, place: TracePlace) -> Option<(&TraceState, &mut SettledCells)> {
        Some((self.slots.get(place)?, &mut self.settled))
    }

    /// A trace whose cells may be read.
    pub fn settled(&mut self, place: TracePlace) -> Option<NamedTraceMut<'_>> {
        let trace = self.slots.get_mut(place)?;
        let is_counted = trace.count_in(&mut self.settled);
        Some(NamedTraceMut {
            trace,
            texts: &self.pool.texts,
            settled: is_counted.then_some(&self.settled),
        })
    }

    #[inline(always)]
    fn find(&mut self, hash: u64, id: TraceId) -> Option<TracePlace> {
        let slots = &self.slots;
        let is_it = |slot: &u32| slots.at(*slot).is_some_and(|trace| trace.id() == id);
        let recent = self.recent.slot_mut(hash);
        if !is_it(recent) {
            *recent = self.table.find(hash, is_it)?;
        }
        Some(slots.place_of(*recent))
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
        if self.forgotten.has(route(id)) {
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
        self.trace_bytes += trace.bytes();
        // The root may be the next to come, so that its wait is looked at when the idle time is over.
        let due = trace.quiet(settings).min(trace.age(settings));
        let is_live = trace.is_live();
        let place = self.slots.add(trace);
        *self.recent.slot_mut(hash) = place.slot;
        let slots = &self.slots;
        self.table.insert_unique(hash, place.slot, |slot| {
            let trace = slots.at(*slot);
            trace.map_or(0, |trace| key.of_trace(trace.id()))
        });
        if is_live {
            self.live += 1;
            self.timers.push((due, place));
            self.opened.push(place);
        } else {
            self.remembered += 1;
            self.closed.push(place);
        }
        place
    }

    /// A trace weighs something else than before.
    pub fn reweigh(&mut self, (before, now): (usize, usize)) {
        self.trace_bytes = (self.trace_bytes + now).saturating_sub(before);
    }

    /// A live trace has closed: it waits for late spans.
    pub fn remember(&mut self, place: TracePlace) {
        self.live -= 1;
        self.remembered += 1;
        self.closed.push(place);
        let (slots, most) = (&self.slots, ROOM + 2 * self.live as usize);
        let is_live = |place| slots.get(place).is_some_and(TraceState::is_live);
        self.opened.sweep(most, is_live);
        self.waiting.sweep(most, is_live);
        self.timers.sweep(most, is_live);
    }

    /// Drops entries that are stale from the front of what is in order. `false`: there may be more, so that whoever waits
    /// may go first.
    pub fn trim(&mut self, now: Timestamp, settings: &Settings) -> bool {
        for _ in 0..LOOKS_AT_ONCE {
            self.opened_ahead();
            if self
                .opened
                .first()
                .is_some_and(|place| !self.is_live(place))
            {
                self.opened.pop();
                continue;
            }
            let Some(place) = self.waiting.first() else {
                return true;
            };
            let trace = self.get_mut(place).filter(|trace| trace.is_live());
            if let Some(trace) = trace {
                if trace.quiet(settings) <= now {
                    return true;
                }
                trace.flags.take(Flag::Waiting);
            }
            self.waiting.pop();
        }
        false
    }

    /// The longest live trace, where [`Shard::trim`] has come to it.
    pub fn oldest_live(&self) -> Option<TracePlace> {
        self.opened.first().filter(|place| self.is_live(*place))
    }

    /// The first live trace that is open for nothing but what it awaits, where [`Shard::trim`] has come to it.
    pub fn oldest_waiting(&self) -> Option<TracePlace> {
        self.waiting.first().filter(|place| self.is_live(*place))
    }

    fn is_live(&self, place: TracePlace) -> bool {
        self.get(place).is_some_and(TraceState::is_live)
    }

    /// The first closed one.
    pub fn oldest_closed(&self) -> Option<TracePlace> {
        self.closed.first()
    }

    /// A trace that opens now comes behind this one.
    pub fn newest(&self) -> Serial {
        self.slots.newest()
    }

    /// The traces of some chunks of them, live or remembered, with their places, from the chunk `first` on. `None`: there are
    /// no such chunks.
    pub fn some(&self, first: usize) -> Option<impl Iterator<Item = (TracePlace, &TraceState)>> {
        self.slots.some(first, CHUNKS_AT_ONCE)
    }

    /// Drops the state of the first closed trace and keeps its id. Returns how much went.
    pub fn forget_oldest(&mut self, key: HashKey, settings: &Settings) -> usize {
        self.forget_ahead(key);
        let Some(trace) = self.closed.pop().and_then(|place| self.take(key, place)) else {
            return 0;
        };
        let bytes = trace.bytes();
        self.remembered -= 1;
        self.trace_bytes = self.trace_bytes.saturating_sub(bytes);
        if let Some(closed) = trace.closed() {
            let share = Share::of(settings);
            let id = (route(trace.id()), !trace.is_late());
            self.forgotten.add(id, closed, share);
        }
        // What it holds goes in pieces of some dozens of bytes at the least.
        worked(bytes / 64);
        trace.release(&mut self.pool);
        self.gone += 1;
        if self.gone > ROOM.max(self.held() / 4) {
            self.shrink();
        }
        bytes + FORGOTTEN_EACH
    }

    /// A trace, which is then nowhere.
    fn take(&mut self, key: HashKey, place: TracePlace) -> Option<TraceState> {
        let hash = key.of_trace(self.slots.get(place)?.id());
        let slots = &self.slots;
        self.table.remove(hash, place.slot, |slot| {
            let trace = slots.at(*slot);
            trace.map_or(0, |trace| key.of_trace(trace.id()))
        });
        self.slots.take(place)
    }

    /// Gives back room that a flood left. `false`: there is more of it, so that whoever waits may go first.
    pub fn shrink(&mut self) -> bool {
        self.gone = 0;
        self.settled.shrink();
        self.slots.shrink();
        self.timers.shrink();
        let least = if self.held() == 0 { 0 } else { FREE_BYTES };
        let most = least.max(self.trace_bytes / FREE_SHARE);
        self.pool.limit(most, LOOKS_AT_ONCE)
    }

    /// Forgets the state of traces whose time for late spans is over, and ids whose time is over too. `false`: there are
    /// more such traces, so that whoever waits may go first.
    pub fn expire(&mut self, key: HashKey, now: Timestamp, settings: &Settings) -> bool {
        let is_over = |closed: Timestamp| closed.plus(settings.late_window) <= now;
        if !self.forget(key, settings, FORGOTTEN_AT_ONCE, is_over) {
            return false;
        }
        let keep = settings.forget_after.saturating_add(settings.late_window);
        self.forgotten.expire(now, keep);
        self.shrink()
    }

    /// Forgets closed traces, of which it `is_over` when they closed, and no more at once than so many bytes. `false`: there
    /// may be more.
    pub fn forget(
        &mut self,
        key: HashKey,
        settings: &Settings,
        most: usize,
        is_over: impl Fn(Timestamp) -> bool,
    ) -> bool {
        let mut went = 0;
        while let Some(place) = self.closed.first() {
            let closed = self.get(place).and_then(TraceState::closed);
            if !closed.is_none_or(&is_over) {
                break;
            }
            if went >= most {
                return false;
            }
            went += self.forget_oldest(key, settings);
        }
        true
    }

    /// What the traces of this shard hold, live or not.
    pub fn bytes(&self) -> u64 {
        let own = self.slots.bytes()
            + self.pool.bytes()
            + self.settled.bytes()
            + self.table.bytes()
            + self.timers.bytes()
            + self.opened.bytes()
            + self.closed.bytes()
            + self.waiting.bytes();
        (own + self.trace_bytes) as u64
    }
}
