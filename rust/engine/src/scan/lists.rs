//! Where the wanted values of a span's events and links stand while it is looked at: for each key a list, which is never cleared.

use crate::wire::value::Raw;

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
