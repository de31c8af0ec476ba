//! Looking ahead: what is about to be worked with is asked for while what comes before it is worked with. A trace was last touched
//! long before, by the processor's measure, and each look into memory that lies cold takes as long as hundreds of instructions.
//! What leads to the next is asked for first: where a trace stands, then its block.
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

impl Shard {
    /// Adds where the traces of these spans are, as far as they are there, to be [opened](Shard::open) soon; the spans by trace
    /// and name.
    pub fn find_ahead<'a>(
        &mut self,
        key: HashKey,
        spans: impl Iterator<Item = (TraceId, &'a [u8])> + Clone,
        found: &mut Vec<Option<TracePlace>>,
    ) {
        let before = found.len();
        let ids = spans.clone().map(|(id, _)| id);
        // All of them wait for memory together.
        for (id, name) in spans {
            self.slots.prefetch(self.recent.slot(key.of_trace(id)));
            self.pool.texts.prefetch(name);
        }
        for id in ids.clone() {
            let place = self.find(key.of_trace(id), id);
            // Whether an id was forgotten is next to always told by one read.
            match place.and_then(|place| self.slots.get(place)) {
                Some(trace) => trace.prefetch_block(),
                None => self.forgotten.prefetch(route(id)),
            }
            found.push(place);
        }
        let found = &found[before..];
        worked(found.len());
        if !self.forgotten.is_filtered() && found.contains(&None) {
            self.look_at_forgotten(ids.zip(found));
        }
    }

    /// Reads where the ids of traces that are not here would be, for all of them at once.
    #[inline(never)]
    fn look_at_forgotten<'f>(
        &self,
        found: impl Iterator<Item = (TraceId, &'f Option<TracePlace>)> + Clone,
    ) {
        let new = found.filter(|(_, place)| place.is_none());
        for step in 0..LOOKS {
            let looks = new.clone();
            let looks = looks.map(|(id, _)| self.forgotten.look_at(route(id), step));
            read(looks);
        }
    }

    /// Before the one that opened first is come to: those that are next.
    pub(super) fn opened_ahead(&mut self) {
        if self.opened_looked_at.was_last() {
            let next = self.coming(self.opened.next(), |place| *place);
            let live = next.filter(|(_, trace)| trace.is_live());
            live.for_each(|(_, trace)| trace.prefetch_block());
        }
    }

    /// Before the next timer is taken: the traces of those that are.
    pub(super) fn due_ahead(&mut self, settings: &Settings) {
        if self.due_looked_at.was_last() {
            for next in self.timers.next() {
                // Of one that is not quiet by then nothing is asked.
                let next = self.coming(next, |(_, place)| *place);
                let due = next.filter(|((at, _), trace)| trace.quiet(settings) <= *at);
                due.for_each(|(_, trace)| trace.prefetch_block());
            }
        }
    }

    /// Before the first closed trace is forgotten: those that are next.
    pub(super) fn forget_ahead(&mut self, key: HashKey) {
        if !self.closed_looked_at.was_last() {
            return;
        }
        let next = self.coming(self.closed.next(), |place| *place);
        read(next.map(|(place, trace)| {
            self.forgotten.prefetch_newest(route(trace.id()));
            trace.prefetch_release();
            // Where a table has it is told by looking alone.
            let hash = key.of_trace(trace.id());
            let slot = self.table.find(hash, |slot| *slot == place.slot);
            slot.map_or(0, u64::from)
        }));
    }

    /// The first of those that stand in this order, with their traces. Where the traces of more of them stand is asked for.
    #[inline(always)]
    fn coming<'s, T: Copy>(
        &'s self,
        next: &'s [T],
        place: impl Fn(&T) -> TracePlace,
    ) -> impl Iterator<Item = (T, &'s TraceState)> {
        for one in next.iter().take(2 * AHEAD) {
            self.slots.prefetch(place(one).slot);
        }
        let next = next.iter().take(AHEAD);
        next.filter_map(move |one| Some((*one, self.slots.get(place(one))?)))
    }
}

/// Reads all of this, though nobody asks what it comes to.
#[inline(always)]
fn read(looks: impl Iterator<Item = u64>) {
    black_box(looks.fold(0, |read, look| read ^ look));
}
