//! Resources that came before: whoever sends spans sends the same resource with all of them.
//!
//! What was read of a resource is kept with its bytes, and holds for whatever resource is written with the same ones.

use std::cell::Cell;
use std::sync::Arc;

use crate::hash::fold_text;
use crate::scan::read_plan::{PlanIdentity, ReadPlan};
use crate::scan::slots::{FEW, SetSlot, SlotSet};

/// Resources that are kept: in each of so many places one.
const PLACES: usize = 256;
/// Longer ones are read each time, and those of which more than a [few](FEW) values are asked for.
const BYTES: usize = 2048;
/// Of all that are kept together; with more all are forgotten.
const ALL_BYTES: usize = 128 << 10;

/// Kinds of spans, the unspecified one included.
const KINDS: usize = 6;

/// By kind, what tells apart spans that share an id, once it was worked out.
pub(crate) type Twins = [Cell<Option<u32>>; KINDS];

/// Belongs to one thread at a time, and to one plan at a time.
#[derive(Debug, Default)]
pub(crate) struct KnownResources {
    plan: Option<Arc<PlanIdentity>>,
    places: Vec<KnownResource>,
    /// Of all resources that are kept.
    bytes: usize,
}

#[derive(Debug, Default)]
struct KnownResource {
    bytes: Vec<u8>,
    /// As if it began a message.
    set: Vec<SetSlot>,
    digest: u64,
    twins: Twins,
}

/// Where a resource is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourcePlace(usize);

impl KnownResources {
    /// A message is read by this plan.
    pub(crate) fn begin(&mut self, plan: &ReadPlan) {
        if PlanIdentity::is_changed(&mut self.plan, plan) {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.places.clear();
        self.places.resize_with(PLACES, KnownResource::default);
        self.bytes = 0;
    }

    /// Where one with these bytes is kept if it is.
    pub(crate) fn place(&self, bytes: &[u8]) -> Option<ResourcePlace> {
        let is_short = !bytes.is_empty() && bytes.len() <= BYTES;
        is_short.then(|| ResourcePlace((fold_text(0, bytes) % PLACES as u64) as usize))
    }

    /// Sets what the resource with these bytes sets, which begin at `at` of the message. `false`: it is not known.
    pub(crate) fn fill(
        &self,
        place: ResourcePlace,
        (bytes, at): (&[u8], usize),
        slots: &mut SlotSet,
        twins: &mut Twins,
    ) -> bool {
        let Some(known) = self
            .places
            .get(place.0)
            .filter(|known| known.bytes == bytes)
        else {
            return false;
        };
        slots.set_all(known.set.iter().map(|set| set.moved_by(at)), known.digest);
        twins.clone_from(&known.twins);
        true
    }

    /// Keeps what was read of these bytes and nothing else. `false`: it is too much.
    pub(crate) fn keep(
        &mut self,
        place: ResourcePlace,
        (bytes, at): (&[u8], usize),
        slots: &SlotSet,
    ) -> bool {
        if slots.touched().len() > FEW {
            return false;
        }
        if self.bytes + bytes.len() > ALL_BYTES {
            self.forget();
        }
        let Some(known) = self.places.get_mut(place.0) else {
            return false;
        };
        self.bytes += bytes.len();
        self.bytes -= known.bytes.len();
        known.bytes.clear();
        known.bytes.extend_from_slice(bytes);
        known.set.clear();
        let back = 0usize.wrapping_sub(at);
        let set = slots.touched().iter().map(|set| set.moved_by(back));
        known.set.extend(set);
        known.digest = slots.digest();
        known.twins = Twins::default();
        true
    }

    /// Keeps what was worked out while spans of the resource were read.
    pub(crate) fn keep_twins(&mut self, place: ResourcePlace, twins: &Twins) {
        if let Some(known) = self.places.get_mut(place.0) {
            known.twins.clone_from(twins);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predicate::fields::FieldTable;
    use crate::scan::slots::Signs;
    use crate::wire::value::{Raw, RawKind};

    /// A set of so many values, of which the first is a text that ends at this place of a message.
    fn set(values: u32, end: usize) -> SlotSet {
        let mut slots = SlotSet::default();
        slots.begin(values as usize);
        for slot in 0..values {
            let value = match slot {
                0 => Raw::text(b"text", end),
                _ => Raw {
                    kind: RawKind::Int,
                    bits: u64::from(slot) << 40,
                },
            };
            slots.set((slot, Signs::of(slot)), value, 7);
        }
        slots
    }

    #[test]
    fn a_resource_is_found_by_all_of_its_bytes_wherever_it_stands() {
        let mut known = KnownResources::default();
        known.begin(&ReadPlan::new(&FieldTable::default()));
        let place = known.place(b"bytes").unwrap();
        let found = |known: &KnownResources, bytes: &[u8], at| {
            let (mut slots, mut twins) = (set(0, 0), Twins::default());
            slots.begin(2 * FEW);
            let is_known = known.fill(place, (bytes, at), &mut slots, &mut twins);
            is_known.then(|| {
                let raws = slots.touched().iter().map(|set| set.raw());
                (raws.collect::<Vec<_>>(), slots.digest(), twins[1].get())
            })
        };
        assert_eq!(found(&known, b"bytes", 0), None);
        assert!(known.keep(place, (b"bytes", 100), &set(3, 130)));
        let twins = Twins::default();
        twins[1].set(Some(5));
        known.keep_twins(place, &twins);
        for at in [0, 100, 4_000] {
            let expected: Vec<_> = set(3, at + 30)
                .touched()
                .iter()
                .map(|set| set.raw())
                .collect();
            assert_eq!(found(&known, b"bytes", at), Some((expected, 21, Some(5))));
        }
        assert_eq!(found(&known, b"byte", 0), None);
        // Too much of another is not kept in its place; what is, with nothing of the one before.
        assert!(!known.keep(place, (b"other", 0), &set(FEW as u32 + 1, 30)));
        assert!(found(&known, b"bytes", 0).is_some() && found(&known, b"other", 0).is_none());
        assert!(known.keep(place, (b"other", 0), &set(1, 30)));
        assert_eq!(found(&known, b"bytes", 0), None);
        assert_eq!(found(&known, b"other", 0).map(|found| found.2), Some(None));
        let long = vec![0; BYTES + 1];
        assert!(known.place(&long).is_none() && known.place(&long[1..]).is_some());
    }

    #[test]
    fn as_much_is_kept_as_may_be_together_and_with_a_byte_more_all_others_go() {
        let mut known = KnownResources::default();
        known.begin(&ReadPlan::new(&FieldTable::default()));
        let full = ALL_BYTES / BYTES;
        let bytes = |number: usize| vec![number as u8; BYTES];
        let kept = |known: &KnownResources| {
            let (mut slots, mut twins) = (set(0, 0), Twins::default());
            slots.begin(FEW);
            let is_kept = |number: &usize| {
                let place = ResourcePlace(*number);
                known.fill(place, (&bytes(*number), 0), &mut slots, &mut twins)
            };
            (0..full).filter(is_kept).count()
        };
        for number in 0..full {
            assert!(known.keep(ResourcePlace(number), (&bytes(number), 0), &set(1, 30)));
        }
        assert_eq!((kept(&known), known.bytes), (full, ALL_BYTES));
        assert!(known.keep(ResourcePlace(full), (b"x", 0), &set(1, 30)));
        assert_eq!((kept(&known), known.bytes), (0, 1));
    }
}
