//! Where the traces of a shard stand: in [chunks](crate::state::chunks), so that none moves while a call knows its place.

use crate::state::chunks::Chunks;
use crate::state::trace::TraceState;

/// A trace's place; the serial tells it from all others of the shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TracePlace {
    pub(super) slot: u32,
    serial: u32,
}

/// What a trace takes of these.
const _: () = assert!(size_of::<Option<TraceState>>() <= 152);

#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Chunks<Option<TraceState>>,
    /// Of the latest trace.
    serial: u32,
}

/// Where a trace stands among all of its shard in the order in which they were opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Serial(u32);

impl TracePlace {
    /// Whether its trace was opened later than another.
    pub fn is_after(self, other: Serial) -> bool {
        // They begin anew after the last.
        self.serial.wrapping_sub(other.0).cast_signed() > 0
    }
}

impl Slots {
    /// Of the latest trace.
    pub fn newest(&self) -> Serial {
        Serial(self.serial)
    }

    pub fn get(&self, place: TracePlace) -> Option<&TraceState> {
        let trace = self.slots.get(place.slot)?.as_ref();
        trace.filter(|trace| trace.serial == place.serial)
    }

    pub fn get_mut(&mut self, place: TracePlace) -> Option<&mut TraceState> {
        let trace = self.slots.get_mut(place.slot)?.as_mut();
        trace.filter(|trace| trace.serial == place.serial)
    }

    /// Asks for what stands in a slot before it is needed.
    #[inline]
    pub fn prefetch(&self, slot: u32) {
        self.slots.prefetch(slot);
    }

    /// The trace that stands there now.
    pub fn at(&self, slot: u32) -> Option<&TraceState> {
        self.slots.get(slot)?.as_ref()
    }

    /// The place of what stands in a slot.
    pub fn place_of(&self, slot: u32) -> TracePlace {
        let serial = self.at(slot).map_or(0, |trace| trace.serial);
        TracePlace { slot, serial }
    }

    pub fn add(&mut self, mut trace: TraceState) -> TracePlace {
        let slot = self.slots.take();
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        if let Some(place) = self.slots.get_mut(slot) {
            trace.serial = serial;
            *place = Some(trace);
        }
        TracePlace { slot, serial }
    }

    /// Takes a trace away.
    pub fn take(&mut self, place: TracePlace) -> Option<TraceState> {
        let slot = self.slots.get_mut(place.slot)?;
        let trace = slot.take_if(|trace| trace.serial == place.serial)?;
        self.slots.give(place.slot);
        Some(trace)
    }

    /// The traces of some chunks, at most so many from `first` on, with their places. `None`: there are no such chunks.
    pub fn some(
        &self,
        first: usize,
        most: usize,
    ) -> Option<impl Iterator<Item = (TracePlace, &TraceState)>> {
        let slots = self.slots.some(first, most)?;
        Some(slots.filter_map(|(slot, stands)| {
            let trace = stands.as_ref()?;
            let serial = trace.serial;
            Some((TracePlace { slot, serial }, trace))
        }))
    }

    /// Gives back chunks in which no trace stands.
    pub fn shrink(&mut self) {
        self.slots.shrink();
    }

    pub fn bytes(&self) -> usize {
        self.slots.bytes()
    }
}

/// A place of no trace.
#[cfg(test)]
pub(crate) fn place(slot: u32) -> TracePlace {
    TracePlace { slot, serial: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TraceId;
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
        assert!(full >= 200 * size_of::<Option<TraceState>>());
        let kept = [places[0], places[150]];
        for place in places.iter().filter(|place| !kept.contains(place)) {
            assert!(slots.take(*place).is_some());
        }
        slots.shrink();
        assert!(slots.bytes() < full / 2);
        assert!(kept.iter().all(|place| slots.get(*place).is_some()));
        let again: Vec<TracePlace> = (0..200).map(|number| slots.add(trace(number))).collect();
        assert!(again.iter().all(|place| slots.get(*place).is_some()));
        assert_eq!(slots.some(0, 100).map(Iterator::count), Some(202));
        assert_eq!(slots.slots.filled(), 7);
    }
}
