//! Where a span's wanted values stand while it is looked at: slots that are never cleared.
//!
//! Each slot carries the generation that wrote it; a new span is a new generation, so starting one costs
//! nothing however many keys are wanted.

use crate::wire::value::{Raw, RawKind};

/// One value for each wanted key.
#[derive(Debug, Default)]
pub(crate) struct SlotSet {
    /// By slots, once more are set than a [few](FEW).
    places: Vec<SlotPlace>,
    /// What is set, in the order in which it was.
    touched: Vec<SetSlot>,
    signs: Signs,
    /// The sum of the digests of what is set, as whoever set it gave them.
    digest: u64,
    generation: u32,
}

/// A value, and the slot that has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetSlot {
    pub slot: u32,
    kind: RawKind,
    bits: u64,
}

impl SetSlot {
    #[inline(always)]
    pub(crate) fn new(slot: u32, Raw { kind, bits }: Raw) -> SetSlot {
        SetSlot { slot, kind, bits }
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> RawKind {
        self.kind
    }

    #[inline(always)]
    pub(crate) fn raw(self) -> Raw {
        let SetSlot { kind, bits, .. } = self;
        Raw { kind, bits }
    }

    /// The same value, so much further in the message.
    pub(crate) fn moved_by(self, bytes: usize) -> SetSlot {
        let bits = self.raw().moved_by(bytes).bits;
        SetSlot { bits, ..self }
    }
}

/// What is set of one span, wherever it was set.
#[derive(Clone, Copy)]
pub(crate) struct SetSlots<'s> {
    all: &'s [SetSlot],
    signs: Signs,
    /// Where it is found by its slots; `None`: it is [little](FEW).
    places: Option<&'s SlotSet>,
}

/// Up to so many values are looked at one by one.
pub(crate) const FEW: usize = 16;

impl<'s> SetSlots<'s> {
    /// `all`, with their `signs`; `places` has them too.
    #[inline(always)]
    pub(crate) fn new(
        all: &'s [SetSlot],
        signs: Signs,
        places: Option<&'s SlotSet>,
    ) -> SetSlots<'s> {
        SetSlots { all, signs, places }
    }

    /// Each slot once, in the order in which they were set.
    #[inline(always)]
    pub(crate) fn all(self) -> &'s [SetSlot] {
        self.all
    }

    #[inline(always)]
    pub(crate) fn signs(self) -> Signs {
        self.signs
    }

    #[inline(always)]
    pub(crate) fn is_set(self, slot: u32) -> bool {
        self.find(slot).is_some()
    }

    #[inline(always)]
    pub(crate) fn get(self, slot: u32) -> Raw {
        self.find(slot).map_or(Raw::MISSING, |set| set.raw())
    }

    #[inline(always)]
    fn find(self, slot: u32) -> Option<&'s SetSlot> {
        if !self.signs.meet(Signs::of(slot)) {
            return None;
        }
        match self.places {
            Some(places) => places.find(slot),
            None => self.all.iter().find(|set| set.slot == slot),
        }
    }
}

/// A sign for each of some slots. Several slots share one: what has no sign is not there, what has one may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signs(u64);

impl Signs {
    pub(crate) const NONE: Signs = Signs(0);
    /// One that no slot has and every set does.
    pub(crate) const ALWAYS: Signs = Signs(1 << 63);

    #[inline(always)]
    pub(crate) fn of(slot: u32) -> Signs {
        Signs(1 << (slot & 63).min(62))
    }

    #[inline(always)]
    pub(crate) fn with(self, other: Signs) -> Signs {
        Signs(self.0 | other.0)
    }

    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(crate) fn meet(self, other: Signs) -> bool {
        self.0 & other.0 != 0
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct SlotPlace {
    generation: u32,
    /// Among what is set in this generation.
    at: u32,
}

impl SlotSet {
    /// Forgets all values and makes room for `slots` keys.
    #[inline]
    pub(crate) fn begin(&mut self, slots: usize) {
        self.touched.clear();
        self.signs = Signs::ALWAYS;
        self.digest = 0;
        if self.places.len() < slots || self.generation == u32::MAX {
            self.make_room(slots);
        }
        self.generation += 1;
    }

    #[cold]
    fn make_room(&mut self, slots: usize) {
        self.places.clear();
        self.places.resize(slots, SlotPlace::default());
        self.touched.reserve(slots);
        self.generation = 0;
    }

    /// Sets what was [set](SlotSet::touched) elsewhere, in place of all that is here; without digests.
    pub(crate) fn refill(&mut self, slots: usize, set: &[SetSlot]) {
        self.begin(slots);
        self.set_all(set.iter().copied(), 0);
    }

    /// Sets a slot that is [not set](SlotSet::is_set) yet, and has this sign, to a value with this digest.
    #[inline(always)]
    pub(crate) fn set(&mut self, (slot, sign): (u32, Signs), Raw { kind, bits }: Raw, digest: u64) {
        self.touched.push(SetSlot { slot, kind, bits });
        self.signs = self.signs.with(sign);
        self.digest = self.digest.wrapping_add(digest);
        if self.touched.len() > FEW {
            self.place();
        }
    }

    /// Sets a slot that is not set yet; with it no more than a [few](FEW) are. Who does it [comes](SlotSet::come_to) to their signs.
    #[inline(always)]
    pub(super) fn set_few(&mut self, set: SetSlot, digest: u64) {
        self.touched.push(set);
        self.digest = self.digest.wrapping_add(digest);
    }

    /// What was set has these signs.
    #[inline(always)]
    pub(super) fn come_to(&mut self, signs: Signs) {
        self.signs = self.signs.with(signs);
    }

    /// Sets slots of which none is set yet to values that have this digest together.
    pub(crate) fn set_all(&mut self, all: impl Iterator<Item = SetSlot>, digest: u64) {
        for one in all {
            self.set((one.slot, Signs::of(one.slot)), one.raw(), 0);
        }
        self.digest = self.digest.wrapping_add(digest);
    }

    /// Gives the value that was set last its place, and those before it, if they have none yet because they were few.
    #[cold]
    fn place(&mut self) {
        let count = self.touched.len();
        let from = if count == FEW + 1 { 0 } else { count - 1 };
        for (at, set) in self.touched.iter().enumerate().skip(from) {
            if let Some(place) = self.places.get_mut(set.slot as usize) {
                *place = SlotPlace {
                    generation: self.generation,
                    at: at as u32,
                };
            }
        }
    }

    #[inline(always)]
    pub(crate) fn is_set(&self, slot: u32) -> bool {
        self.find(slot).is_some()
    }

    /// Of the slots set in this generation.
    #[inline(always)]
    pub(crate) fn signs(&self) -> Signs {
        self.signs
    }

    /// In whatever order they were set.
    #[inline(always)]
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    #[inline(always)]
    fn find(&self, slot: u32) -> Option<&SetSlot> {
        if !self.signs.meet(Signs::of(slot)) {
            return None;
        }
        if self.touched.len() <= FEW {
            return self.touched.iter().find(|set| set.slot == slot);
        }
        let place = self.places.get(slot as usize)?;
        if place.generation != self.generation {
            return None;
        }
        self.touched.get(place.at as usize)
    }

    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> Raw {
        self.find(slot).map_or(Raw::MISSING, |set| set.raw())
    }

    /// What was set in this generation.
    #[inline(always)]
    pub(crate) fn all(&self) -> SetSlots<'_> {
        SetSlots {
            all: &self.touched,
            signs: self.signs,
            places: Some(self),
        }
    }

    /// Likewise, each slot once, in the order in which they were set.
    pub(crate) fn touched(&self) -> &[SetSlot] {
        &self.touched
    }
}
