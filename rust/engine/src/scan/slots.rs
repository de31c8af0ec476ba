//! Where a span's wanted values stand while it is looked at: slots that are never cleared.
//!
//! Each slot carries the generation that wrote it; a new span is a new generation, so starting one costs
//! nothing however many keys are wanted.

use crate::wire::value::{Raw, RawKind};

/// One value for each wanted key.
#[derive(Debug, Default)]
pub(crate) struct SlotSet {
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
    pub(crate) fn raw(self) -> Raw {
        let SetSlot { kind, bits, .. } = self;
        Raw { kind, bits }
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
        for one in set {
            self.set(one.slot, one.raw(), 0);
        }
    }

    /// Sets a slot that is [not set](SlotSet::is_set) yet to a value with this digest.
    #[inline(always)]
    pub(crate) fn set(&mut self, slot: u32, Raw { kind, bits }: Raw, digest: u64) {
        let Some(place) = self.places.get_mut(slot as usize) else {
            return;
        };
        *place = SlotPlace {
            generation: self.generation,
            at: self.touched.len() as u32,
        };
        self.touched.push(SetSlot { slot, kind, bits });
        self.signs = self.signs.with(Signs::of(slot));
        self.digest = self.digest.wrapping_add(digest);
    }

    #[inline(always)]
    pub(crate) fn is_set(&self, slot: u32) -> bool {
        let place = self.places.get(slot as usize);
        place.is_some_and(|place| place.generation == self.generation)
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

/// The values of each wanted key over all events (or links) of a span, in their order.
#[derive(Debug, Default)]
pub(crate) struct ListSet {
    heads: Vec<ListHead>,
    items: Vec<Item>,
    /// Where the values of each event begin.
    owners: Vec<u32>,
    touched: Vec<u32>,
    generation: u32,
}

#[derive(Clone, Copy, Debug)]
struct ListHead {
    generation: u32,
    first: u32,
    last: u32,
    /// The event that gave the last value, for duplicate keys inside one event.
    owner: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    raw: Raw,
    slot: u32,
    /// The event that gave it, from zero.
    owner: u32,
    next: u32,
}

const END: u32 = u32::MAX;

/// Items kept for the next span; a span with more gives the room back.
const KEPT: usize = 1 << 16;

impl ListSet {
    pub(crate) fn begin(&mut self, slots: usize) {
        self.touched.clear();
        self.items.clear();
        self.owners.clear();
        if self.items.capacity() > KEPT {
            self.items.shrink_to(KEPT);
        }
        if self.owners.capacity() > KEPT {
            self.owners.shrink_to(KEPT);
        }
        let empty = ListHead {
            generation: 0,
            first: END,
            last: END,
            owner: 0,
        };
        if self.heads.len() < slots {
            self.heads.resize(slots, empty);
            self.touched.reserve(slots);
        }
        match self.generation.checked_add(1) {
            Some(next) => self.generation = next,
            None => {
                self.heads.fill(empty);
                self.generation = 1;
            }
        }
    }

    /// A new event or link begins.
    pub(crate) fn next_owner(&mut self) {
        let begin = u32::try_from(self.items.len()).unwrap_or(END);
        self.owners.push(begin);
    }

    /// How many events or links have begun.
    pub(crate) fn owners(&self) -> u32 {
        u32::try_from(self.owners.len()).unwrap_or(END)
    }

    /// Whether the present event has given a value (an empty one counts) for this key.
    pub(crate) fn is_set(&self, slot: u32) -> bool {
        self.heads
            .get(slot as usize)
            .is_some_and(|head| head.generation == self.generation && head.owner == self.owners())
    }

    pub(crate) fn push(&mut self, slot: u32, raw: Raw) {
        let Some(head) = self.heads.get_mut(slot as usize) else {
            return;
        };
        let Ok(index) = u32::try_from(self.items.len()) else {
            return;
        };
        if head.generation != self.generation {
            *head = ListHead {
                generation: self.generation,
                first: index,
                last: END,
                owner: 0,
            };
            self.touched.push(slot);
        }
        if let Some(last) = self.items.get_mut(head.last as usize) {
            last.next = index;
        }
        head.last = index;
        head.owner = self.owners.len() as u32;
        self.items.push(Item {
            raw,
            slot,
            owner: head.owner.saturating_sub(1),
            next: END,
        });
    }

    /// The value that one event has for a key; missing if it has none.
    pub(crate) fn of_owner(&self, owner: u32, slot: u32) -> Raw {
        let owner = owner as usize;
        let begin = self.owners.get(owner).map_or(END, |begin| *begin) as usize;
        let end = self
            .owners
            .get(owner + 1)
            .map_or(self.items.len(), |end| *end as usize);
        let items = self.items.get(begin..end).unwrap_or(&[]);
        let found = items.iter().find(|item| item.slot == slot);
        found.map_or(Raw::MISSING, |item| item.raw)
    }

    /// Each with the event that gave it, from zero. Empty values are in it, as [`Raw::MISSING`].
    pub(crate) fn values(&self, slot: u32) -> impl Iterator<Item = (u32, Raw)> + '_ {
        let mut next = match self.heads.get(slot as usize) {
            Some(head) if head.generation == self.generation => head.first,
            _ => END,
        };
        std::iter::from_fn(move || {
            let item = self.items.get(next as usize)?;
            next = item.next;
            Some((item.owner, item.raw))
        })
    }

    pub(crate) fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// All values, in their order.
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Takes the values that so many events or links had elsewhere, in place of all that is here.
    pub(crate) fn refill(&mut self, slots: usize, owners: u32, items: &[Item]) {
        self.begin(slots);
        for item in items {
            while self.owners() <= item.owner {
                self.next_owner();
            }
            self.push(item.slot, item.raw);
        }
        while self.owners() < owners {
            self.next_owner();
        }
    }
}
