//! The names and services of recorded spans, each once for all traces of a shard: there are few of them, and most traces have
//! the same. One goes with the last record that names it.

use smallvec::SmallVec;

use crate::hash::{HashKey, ends, fold};
use crate::heap::heap;
use crate::state::chunks::Chunks;
use crate::state::split_table::SplitTable;

/// Longer names are cut where they are shown; selection is not concerned.
pub(crate) const NAME_BYTES: usize = 256;

/// So many texts are found without a hash of all that they are.
const RECENT: usize = 1024;

const _: () = assert!(size_of::<HeldText>() == 64);

/// A text of its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextId(pub(super) u32);

impl TextId {
    /// Of a record that is gone.
    pub(super) const NONE: TextId = TextId(u32::MAX);
}

/// A text up to this length stands with what is known of it, in what processors fetch at once; most names are shorter.
const SHORT: usize = 40;

#[derive(Debug, Default)]
#[repr(align(64))]
struct HeldText {
    text: SmallVec<[u8; SHORT]>,
    hash: u64,
    /// How many records name it; 0: the place is free.
    refs: u32,
}

#[derive(Debug)]
pub(crate) struct Texts {
    table: SplitTable,
    texts: Chunks<HeldText>,
    /// What they take besides their places.
    bytes: usize,
    /// Those that were asked for last, by their ends: most are asked for again and again.
    recent: [u32; RECENT],
    /// The last service.
    service: u32,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts::new()
    }
}

impl Texts {
    const fn new() -> Texts {
        Texts {
            table: SplitTable::new(),
            texts: Chunks::new(),
            bytes: 0,
            recent: [0; RECENT],
            service: 0,
        }
    }

    /// Those of a trace without records.
    pub fn none() -> &'static Texts {
        static NONE: Texts = Texts::new();
        &NONE
    }

    pub fn get(&self, id: TextId) -> &[u8] {
        self.texts.get(id.0).map_or(&[], |held| &held.text)
    }

    /// The texts of a record, which holds them from now on.
    #[inline]
    pub(super) fn hold(&mut self, key: HashKey, texts: [&[u8]; 2]) -> [TextId; 2] {
        let [name, service] = texts.map(|text| &text[..text.len().min(NAME_BYTES)]);
        let name = self.recent(key, name);
        // Spans of one service come together.
        if !self.held_again(self.service, service) {
            self.service = self.recent(key, service);
        }
        [TextId(name), TextId(self.service)]
    }

    /// Whether this is the text, which another record holds then.
    #[inline(always)]
    fn held_again(&mut self, at: u32, text: &[u8]) -> bool {
        let held = self.texts.get_mut(at);
        let held = held.filter(|held| held.refs > 0 && *held.text == *text);
        held.map(|held| held.refs += 1).is_some()
    }

    /// Asks for what is known of a text, if it was asked for lately, before that is needed.
    #[inline]
    pub(super) fn prefetch(&self, text: &[u8]) {
        let at = self.recent[place_of(&text[..text.len().min(NAME_BYTES)])];
        self.texts.prefetch(at);
    }

    #[inline(always)]
    fn recent(&mut self, key: HashKey, text: &[u8]) -> u32 {
        let place = place_of(text);
        let at = self.recent[place];
        if self.held_again(at, text) {
            return at;
        }
        let found = self.find(key, text);
        self.recent[place] = found;
        found
    }

    #[inline(never)]
    fn find(&mut self, key: HashKey, text: &[u8]) -> u32 {
        let hash = key.of_text(text);
        let texts = &self.texts;
        let is_same = |at: &u32| {
            let held = texts.get(*at);
            held.is_some_and(|held| held.hash == hash && *held.text == *text)
        };
        if let Some(at) = self.table.find(hash, is_same) {
            if let Some(held) = self.texts.get_mut(at) {
                held.refs += 1;
            }
            return at;
        }
        let at = self.texts.take();
        if let Some(held) = self.texts.get_mut(at) {
            *held = HeldText {
                text: text.into(),
                hash,
                refs: 1,
            };
        }
        self.bytes += far_bytes(text);
        let texts = &self.texts;
        self.table
            .insert_unique(hash, at, |at| texts.get(*at).map_or(0, |held| held.hash));
        at
    }

    /// A record that named it is gone.
    #[inline]
    pub(super) fn release(&mut self, id: TextId) {
        if let Some(held) = self.texts.get_mut(id.0) {
            held.refs = held.refs.saturating_sub(1);
            if held.refs == 0 {
                self.forget(id.0);
            }
        }
    }

    #[inline(never)]
    fn forget(&mut self, at: u32) {
        let Some(held) = self.texts.get(at) else {
            return;
        };
        let texts = &self.texts;
        let hash_of = |at: &u32| texts.get(*at).map_or(0, |held| held.hash);
        if self.table.remove(held.hash, at, hash_of)
            && let Some(held) = self.texts.get_mut(at)
        {
            let held = std::mem::take(held);
            self.texts.give(at);
            self.bytes -= far_bytes(&held.text).min(self.bytes);
        }
    }

    /// Gives back room that a flood left.
    pub(super) fn shrink(&mut self) {
        self.texts.shrink();
    }

    pub fn bytes(&self) -> usize {
        self.texts.bytes() + self.table.bytes() + self.bytes
    }
}

/// Where a text stands among the recent ones.
#[inline(always)]
fn place_of(text: &[u8]) -> usize {
    let (first, last) = ends(text);
    fold(first ^ text.len() as u64, last) as usize % RECENT
}

/// What a text takes besides its place.
fn far_bytes(text: &[u8]) -> usize {
    if text.len() > SHORT {
        heap(text.len())
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_there_once_and_for_as_long_as_a_record_names_it() {
        let (key, mut texts) = (HashKey::new(1), Texts::default());
        let long = [b'x'; NAME_BYTES + 9];
        let [name, service] = texts.hold(key, [b"pay", b"shop"]);
        let [again, cut] = texts.hold(key, [b"pay", &long]);
        let [other, _] = texts.hold(key, [b"shop", b""]);
        assert_eq!((again, other), (name, service));
        assert_eq!(texts.get(name), b"pay");
        assert_eq!(texts.get(cut), &long[..NAME_BYTES]);
        texts.release(name);
        assert_eq!(texts.get(name), b"pay");
        texts.release(name);
        assert_eq!(texts.get(name), b"");
        let [new, _] = texts.hold(key, [b"pay", b"shop"]);
        assert_eq!(texts.get(new), b"pay");
    }

    #[test]
    fn a_flood_of_texts_leaves_nothing_behind() {
        let (key, mut texts) = (HashKey::new(1), Texts::default());
        let [kept, _] = texts.hold(key, [b"kept", b"shop"]);
        let before = texts.bytes();
        let held: Vec<[TextId; 2]> = (0..20_000)
            .map(|number| {
                // Some in their place, some elsewhere.
                let name = "of its own ".repeat(1 + number % 5) + &number.to_string();
                texts.hold(key, [name.as_bytes(), b"shop"])
            })
            .collect();
        assert!(texts.bytes() > 20_000 * size_of::<HeldText>());
        for [name, service] in held {
            texts.release(name);
            texts.release(service);
        }
        texts.shrink();
        // Some places stand ready.
        let most = before + 2 * 32 * size_of::<HeldText>();
        assert!(texts.bytes() <= most, "{}", texts.bytes());
        assert_eq!(texts.get(kept), b"kept");
    }
}
