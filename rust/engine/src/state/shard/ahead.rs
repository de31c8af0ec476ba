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
        let names = spans.clone().map(|(_, name)| self.pool.texts.look_at(name));
        black_box(names.fold(0, |read, look| read ^ look));
        let ids = spans.map(|(id, _)| id);
        found.clear();
        found.extend(ids.clone().map(|id| self.find(key.of_trace(id), id)));
        worked(found.len());
        let known = found.iter().flatten();
        black_box(known.fold(0, |read, place| read ^ self.look_at_block(*place)));
        let new = || {
            ids.clone()
                .zip(&*found)
                .filter(|(_, place)| place.is_none())
        };
        for step in 0..LOOKS {
            let looks = new().map(|(id, _)| self.forgotten.look_at(route(id), step));
            black_box(looks.fold(0, |read, look| read ^ look));
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
        black_box(next().fold(0, |read, trace| read ^ trace.look()));
        let live = next().filter(|trace| trace.is_live());
        black_box(live.fold(0, |read, trace| read ^ trace.look_at_block()));
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
        black_box(next().fold(0, |read, trace| read ^ trace.look()));
        let due = next().filter(|trace| trace.quiet(settings) <= now);
        black_box(due.fold(0, |read, trace| read ^ trace.look_at_block()));
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
        black_box(next().fold(0, |read, (_, trace)| read ^ trace.look()));
        black_box(next().fold(0, |read, (_, trace)| read ^ trace.look_at_block()));
        let stand = next().filter(|(place, trace)| {
            self.table
                .find(key.of_trace(trace.id()), |slot| *slot == place.slot)
                .is_some()
        });
        black_box(stand.count());
    }

    fn look_at_block(&self, place: TracePlace) -> u64 {
        self.slots
            .get(place)
            .map_or(0, |trace| trace.look_at_block())
    }
}
