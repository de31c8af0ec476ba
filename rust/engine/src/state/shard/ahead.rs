//! Looking ahead: what is about to be worked with is read for several traces at once. A trace was last touched long before, by
//! the processor's measure, and each look into memory that lies cold takes as long as hundreds of instructions; looks that do
//! not depend on each other take that long together. So what leads to the next is read for all of them first: where a trace
//! stands, then the trace, then its block.
//!
//! Nothing is changed here, and nothing that was found need still be so when it is used.

use std::hint::black_box;

use crate::hash::{HashKey, route};
use crate::id::TraceId;
use crate::settings::Settings;
use crate::state::id_set::LOOKS;
use crate::state::looked_at::AHEAD;
use crate::state::shard::Shard;
use crate::state::slots::TracePlace;
use crate::state::trace::TraceState;
use crate::sync::worked;
use crate::time::Timestamp;

impl Shard {
    /// Where the traces of these spans are, as far as they are there, to be [opened](Shard::open) next; the spans by trace and
    /// name.
    pub fn find_ahead<'a>(
        &self,
        key: HashKey,
        spans: impl Iterator<Item = (TraceId, &'a [u8])> + Clone,
        found: &mut Vec<Option<TracePlace>>,
    ) {
        read(spans.clone().map(|(_, name)| self.pool.texts.look_at(name)));
        let ids = spans.map(|(id, _)| id);
        found.clear();
        found.extend(ids.clone().map(|id| self.find(key.of_trace(id), id)));
        worked(found.len());
        // Whether an id was forgotten is next to always told by one read.
        read(ids.clone().zip(&*found).map(|(id, place)| match place {
            None => self.forgotten.look_at(route(id), 0),
            Some(place) => {
                let trace = self.slots.get(*place);
                trace.map_or(0, TraceState::look_at_block)
            }
        }));
        let new = || {
            ids.clone()
                .zip(&*found)
                .filter(|(_, place)| place.is_none())
        };
        for step in 1..LOOKS {
            read(new().map(|(id, _)| self.forgotten.look_at(route(id), step)));
        }
    }

    /// Before the one that opened first is come to: those that are next.
    pub(super) fn opened_ahead(&mut self) {
        if !self.opened_looked_at.was_last() {
            return;
        }
        let next = || {
            let next = self.opened.next().take(AHEAD);
            next.filter_map(|place| self.slots.get(place))
        };
        read(next().map(TraceState::look));
        let live = next().filter(|trace| trace.is_live());
        read(live.map(TraceState::look_at_block));
    }

    /// Before the next timer is taken: the traces of those that are.
    pub(super) fn due_ahead(&mut self, now: Timestamp, settings: &Settings) {
        if !self.due_looked_at.was_last() {
            return;
        }
        let next = || {
            let due = self.timers.next(AHEAD).filter(|(at, _)| *at <= now);
            due.filter_map(|(_, place)| self.slots.get(place))
        };
        read(next().map(TraceState::look));
        let due = next().filter(|trace| trace.quiet(settings) <= now);
        read(due.map(TraceState::look_at_block));
    }

    /// Before the first closed trace is forgotten: those that are next.
    pub(super) fn forget_ahead(&mut self, key: HashKey) {
        if !self.closed_looked_at.was_last() {
            return;
        }
        let next = || {
            let next = self.closed.next().take(AHEAD);
            next.filter_map(|place| Some((place, self.slots.get(place)?)))
        };
        read(next().map(|(_, trace)| trace.look()));
        read(next().map(|(_, trace)| {
            let id = self.forgotten.look_at_newest(route(trace.id()));
            id ^ trace.look_at_block()
        }));
        read(next().map(|(place, trace)| {
            let hash = key.of_trace(trace.id());
            let slot = self.table.find(hash, |slot| *slot == place.slot);
            slot.map_or(0, u64::from)
        }));
    }
}

/// Reads all of this, though nobody asks what it comes to.
#[inline(always)]
fn read(looks: impl Iterator<Item = u64>) {
    black_box(looks.fold(0, |read, look| read ^ look));
}
