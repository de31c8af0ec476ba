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
use crate::state::shard::Shard;
use crate::state::slots::TracePlace;
use crate::sync::worked;
use crate::time::Timestamp;

/// So many of those that are due, or over, are looked at before the first of them is come to. What few traces have stays in the
/// fastest cache until then, and one look for each of them is as many as a processor waits for at once.
const AHEAD: usize = 8;

impl Shard {
    /// Where each of these traces is, as far as they are there, to be [opened](Shard::open) next.
    pub fn find_ahead(
        &self,
        key: HashKey,
        ids: impl Iterator<Item = TraceId> + Clone,
        found: &mut Vec<Option<TracePlace>>,
    ) {
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

    /// Before the next timer is taken: the traces of those that are.
    pub(super) fn due_ahead(&mut self, now: Timestamp, settings: &Settings) {
        if let Some(left) = self.due_looked_at.checked_sub(1) {
            self.due_looked_at = left;
            return;
        }
        self.due_looked_at = AHEAD - 1;
        worked(AHEAD);
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
        if let Some(left) = self.over_looked_at.checked_sub(1) {
            self.over_looked_at = left;
            return;
        }
        self.over_looked_at = AHEAD - 1;
        worked(AHEAD);
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
