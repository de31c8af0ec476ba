//! Where the traces of a shard stand: in chunks that come and go as a whole, so that what they take is known to the
//! byte, no trace moves while a call knows its place, and a flood leaves nothing behind.

use crate::heap::heap;
use crate::id::TraceId;
use crate::state::trace::TraceState;

/// How many traces stand in one chunk.
const CHUNK: usize = 32;

/// A trace's place; the serial tells it from all others of the shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TracePlace {
    pub(super) slot: u32,
    serial: u32,
}

#[derive(Debug, Default)]
struct TraceSlot {
    /// Of the trace that is there, or was last.
    serial: u32,
    trace: Option<TraceState>,
}

type Chunk = Box<[TraceSlot]>;

#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Empty ones have no memory.
    chunks: Vec<Chunk>,
    /// How many chunks have memory.
    filled: usize,
    /// Slots that are free in those chunks.
    free: Vec<u32>,
    /// Of the latest trace.
    serial: u32,
}

impl Slots {
    fn slot(&self, slot: u32) -> Option<&TraceSlot> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)
    }

    fn slot_mut(&mut self, slot: u32) -> Option<&mut TraceSlot> {
        let slot = slot as usize;
        self.chunks.get_mut(slot / CHUNK)?.get_mut(slot % CHUNK)
    }

    pub fn get(&self, place: TracePlace) -> Option<&TraceState> {
        let slot = self.slot(place.slot)?;
        (slot.serial == place.serial).then_some(())?;
        slot.trace.as_ref()
    }

    pub fn get_mut(&mut self, place: TracePlace) -> Option<&mut TraceState> {
        let slot = self.slot_mut(place.slot)?;
        (slot.serial == place.serial).then_some(())?;
        slot.trace.as_mut()
    }

    /// The trace that stands there now.
    pub fn at(&self, slot: u32) -> Option<&TraceState> {
        self.slot(slot)?.trace.as_ref()
    }

    /// The place of what stands in a slot.
    pub fn place_of(&self, slot: u32) -> TracePlace {
        let serial = self.slot(slot).map_or(0, |slot| slot.serial);
        TracePlace { slot, serial }
    }

    pub fn add(&mut self, trace: TraceState) -> TracePlace {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => self.add_chunk(),
        };
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        if let Some(place) = self.slot_mut(slot) {
            let trace = Some(trace);
            *place = TraceSlot { serial, trace };
        }
        TracePlace { slot, serial }
    }

    /// Adds a chunk; returns its first slot, and the others are free.
    fn add_chunk(&mut self) -> u32 {
        let gone = self.filled < self.chunks.len();
        let gone = gone.then(|| self.chunks.iter().position(|chunk| chunk.is_empty()));
        let chunk = (0..CHUNK).map(|_| TraceSlot::default()).collect();
        let at = match gone.flatten() {
            Some(at) => {
                self.chunks[at] = chunk;
                at
            }
            None => {
                self.chunks.push(chunk);
                self.chunks.len() - 1
            }
        };
        self.filled += 1;
        let first = (at * CHUNK) as u32;
        self.free
            .extend((1..CHUNK as u32).rev().map(|next| first + next));
        first
    }

    /// Takes a trace away.
    pub fn take(&mut self, place: TracePlace) -> Option<TraceState> {
        let slot = self.slot_mut(place.slot)?;
        (slot.serial == place.serial).then_some(())?;
        let trace = slot.trace.take()?;
        self.free.push(place.slot);
        Some(trace)
    }

    pub fn traces(&self) -> impl Iterator<Item = &TraceState> {
        let slots = self.chunks.iter().flatten();
        slots.filter_map(|slot| slot.trace.as_ref())
    }

    pub fn places(&self) -> impl Iterator<Item = (TraceId, TracePlace)> {
        let slots = (0..).zip(self.chunks.iter()).flat_map(|(at, chunk)| {
            let first = at * CHUNK as u32;
            (first..).zip(chunk)
        });
        slots.filter_map(|(slot, stands)| {
            let serial = stands.serial;
            let trace = stands.trace.as_ref()?;
            Some((trace.id(), TracePlace { slot, serial }))
        })
    }

    /// Gives back the chunks in which no trace stands, if half of all slots are free.
    pub fn shrink(&mut self) {
        if self.free.len() * 2 < self.filled * CHUNK {
            return;
        }
        for chunk in &mut self.chunks {
            if !chunk.is_empty() && chunk.iter().all(|slot| slot.trace.is_none()) {
                *chunk = Chunk::default();
                self.filled -= 1;
            }
        }
        let last = self.chunks.iter().rposition(|chunk| !chunk.is_empty());
        self.chunks.truncate(last.map_or(0, |last| last + 1));
        let chunks = &self.chunks;
        let is_there = |slot: &u32| {
            let chunk = chunks.get(*slot as usize / CHUNK);
            chunk.is_some_and(|chunk| !chunk.is_empty())
        };
        self.free.retain(is_there);
        self.free.shrink_to(2 * self.free.len());
        self.chunks.shrink_to(2 * self.chunks.len());
    }

    pub fn bytes(&self) -> usize {
        self.filled * heap(CHUNK * size_of::<TraceSlot>())
            + heap(self.chunks.capacity() * size_of::<Chunk>())
            + heap(self.free.capacity() * 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::trace::Generation;
    use crate::time::Timestamp;

    fn trace(number: u8) -> TraceState {
        TraceState::new(TraceId([number; 16]), Timestamp(0), Generation::default())
    }

    #[test]
    fn a_place_is_that_of_one_trace_for_ever() {
        let mut slots = Slots::default();
        let first = slots.add(trace(1));
        assert!(slots.take(first).is_some());
        let second = slots.add(trace(2));
        assert_eq!(first.slot, second.slot);
        assert!(slots.get(first).is_none() && slots.take(first).is_none());
        assert_eq!(
            slots.get(second).map(TraceState::id),
            Some(TraceId([2; 16]))
        );
    }

    #[test]
    fn chunks_without_a_trace_go_and_their_slots_come_back() {
        let mut slots = Slots::default();
        let places: Vec<TracePlace> = (0..200).map(|number| slots.add(trace(number))).collect();
        let full = slots.bytes();
        assert!(full >= 200 * size_of::<TraceSlot>());
        let kept = [places[0], places[150]];
        for place in places.iter().filter(|place| !kept.contains(place)) {
            assert!(slots.take(*place).is_some());
        }
        slots.shrink();
        assert!(slots.bytes() < full / 2);
        assert!(kept.iter().all(|place| slots.get(*place).is_some()));
        let again: Vec<TracePlace> = (0..200).map(|number| slots.add(trace(number))).collect();
        assert!(again.iter().all(|place| slots.get(*place).is_some()));
        assert_eq!(slots.traces().count(), 202);
        assert_eq!(slots.filled, 7);
    }
}
