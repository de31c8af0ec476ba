//! Which attribute is expected next: whoever writes spans writes those of a kind with the same keys in the same order.
//!
//! Behind each attribute that came by up to four are remembered that came behind it. What is written as one of them is known by
//! one comparison of its first bytes, whether it is asked for, in which slot and as what kind of value; else it is read like any
//! other. A guess that fails costs a little and changes nothing: an attribute is only taken for what it is in all of its bytes.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::scan::keys::KeyTable;
use crate::scan::read_plan::{PlanIdentity, ReadPlan};
use crate::scan::slots::{Signs, SlotSet};
use crate::scan::span_field::ATTRIBUTES_TAG;
use crate::scan::value_digest::{digest_int, digest_text, digest_value};
use crate::wire::pair::{KEY, UsualPair, VALUE, usual_text, usual_value, usual_whole};
use crate::wire::value::{Raw, RawKind};

/// Attributes that are remembered at once, and what a span begins with.
const REMEMBERED: usize = 256;
/// Those of which one is expected behind another.
const AHEAD: usize = 4;
/// So many bytes of an attribute are compared at once.
const WINDOW: usize = 32;
/// So often a span may bring what was not expected; then the rest of it is read without a guess.
const SURPRISES: u8 = 4;
/// Once no more can be remembered, all are forgotten, if so many spans went by since the last time.
const SPANS: u32 = 1 << 13;

/// What was learnt of the attributes of spans. Belongs to one thread at a time, and to one plan at a time.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    plan: Option<Arc<PlanIdentity>>,
    /// [`REMEMBERED`] once a message has begun, of which so many are in use. The first stands for the beginning of a span.
    all: Vec<Expected>,
    used: usize,
    /// By their keys.
    by_key: HashTable<u8>,
    /// Since all was forgotten.
    spans: u32,
    /// The one that the span at hand had last, and how often it had another.
    last: u8,
    surprises: u8,
}

/// An attribute as it is expected: its key, and what its value is if it is asked for.
#[derive(Debug)]
#[repr(align(128))]
struct Expected {
    /// What it begins with, but for the bytes of lengths that hang on the value.
    begins: [u64; WINDOW / 8],
    mask: [u64; WINDOW / 8],
    form: Form,
    /// Where its value begins, if it is short.
    value_at: u8,
    asked: AskedPair,
    /// Among all.
    number: u8,
    ahead: [u8; AHEAD],
    key: Box<[u8]>,
}

/// How an attribute is written, and whether it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// In less than 128 bytes, its key within the window.
    ShortUnasked,
    ShortAsked,
    /// Likewise, but its key goes beyond the window.
    LongKey,
    Long,
}

impl Form {
    fn of(pair: &UsualPair<'_>, asked: AskedPair) -> Form {
        match asked.kind {
            _ if pair.is_long() => Form::Long,
            _ if value_at(pair.key()) > WINDOW => Form::LongKey,
            RawKind::Missing => Form::ShortUnasked,
            _ => Form::ShortAsked,
        }
    }
}

/// Where the value begins in a short attribute: behind a tag and a length each of the attribute, the key and itself.
fn value_at(key: &[u8]) -> usize {
    key.len() + 6
}

/// What is asked of an attribute.
#[derive(Clone, Copy, Debug)]
struct AskedPair {
    /// Missing: nothing is.
    kind: RawKind,
    slot: u32,
    sign: Signs,
    /// Of the key.
    hash: u64,
}

impl AskedPair {
    const NOTHING: AskedPair = AskedPair {
        kind: RawKind::Missing,
        slot: 0,
        sign: Signs::NONE,
        hash: 0,
    };
}

impl Expectations {
    /// A message is read by this plan.
    pub(crate) fn begin(&mut self, plan: &ReadPlan) {
        if !PlanIdentity::is_same(self.plan.as_ref(), plan) {
            self.plan = Some(plan.identity.clone());
            self.forget();
        } else if self.used >= REMEMBERED && self.spans >= SPANS {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.all.clear();
        self.all.resize_with(REMEMBERED, Expected::nothing);
        self.used = 1;
        self.by_key.clear();
        self.spans = 0;
    }

    #[inline(always)]
    pub(super) fn begin_span(&mut self) {
        self.last = 0;
        self.surprises = 0;
        self.spans = self.spans.saturating_add(1);
    }

    /// Reads attributes of a span from `at` on for as long as they are those expected, and tells where that ends. The span ends
    /// where `bytes` do.
    #[inline(always)]
    pub(super) fn follow(
        &mut self,
        message: &[u8],
        bytes: &[u8],
        mut at: usize,
        slots: &mut SlotSet,
    ) -> usize {
        let Ok(all) = <&[Expected; REMEMBERED]>::try_from(&*self.all) else {
            return at;
        };
        if self.surprises > SURPRISES {
            return at;
        }
        let mut before = &all[usize::from(self.last)];
        while let Some(window) = window(message, at) {
            let mut next = &all[usize::from(before.ahead[0])];
            if !next.begins(window) {
                match before.another(all, window) {
                    Some(another) => next = another,
                    None => break,
                }
            }
            let Some(end) = next.take(window, bytes, at, slots) else {
                break;
            };
            (at, before) = (end, next);
        }
        self.last = before.number;
        at
    }

    /// An attribute came that was not expected; from now on it is. `false`: it cannot be.
    #[inline(never)]
    pub(super) fn surprise(&mut self, pair: &UsualPair<'_>, keys: &KeyTable) -> bool {
        if self.surprises >= SURPRISES {
            self.surprises = SURPRISES + 1;
            return false;
        }
        self.surprises += 1;
        let Some(known) = self.known(pair, keys) else {
            return false;
        };
        let Some(last) = self.all.get_mut(usize::from(self.last)) else {
            return false;
        };
        let already = last.ahead.iter().position(|ahead| *ahead == known);
        last.ahead[..=already.unwrap_or(AHEAD - 1)].rotate_right(1);
        last.ahead[0] = known;
        true
    }

    /// Its number among all, where it is remembered or can be.
    fn known(&mut self, pair: &UsualPair<'_>, keys: &KeyTable) -> Option<u8> {
        let (key, mut asked) = (pair.key(), AskedPair::NOTHING);
        if let Some(wanted) = keys.key(key) {
            asked = AskedPair {
                kind: pair.value()?.kind(),
                slot: wanted.slot,
                sign: Signs::of(wanted.slot),
                hash: wanted.hash,
            };
        }
        let form = Form::of(pair, asked);
        let all = &self.all;
        let is_same = |number: &u8| {
            let known = &all[usize::from(*number)];
            (known.form, known.asked.kind) == (form, asked.kind) && *known.key == *key
        };
        let hash = KeyTable::hash_of(key);
        if let Some(number) = self.by_key.find(hash, is_same) {
            return Some(*number);
        }
        let number = u8::try_from(self.used).ok()?;
        *self.all.get_mut(self.used)? = Expected {
            number,
            ..Expected::new(pair, asked)
        };
        self.used += 1;
        let all = &self.all;
        self.by_key.insert_unique(hash, number, |number| {
            KeyTable::hash_of(&all[usize::from(*number)].key)
        });
        Some(number)
    }
}

#[inline(always)]
fn window(message: &[u8], at: usize) -> Option<&[u8; WINDOW]> {
    message.get(at..)?.first_chunk()
}

fn words(bytes: &[u8; WINDOW]) -> [u64; WINDOW / 8] {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_le_bytes(*word)))
}

impl Expected {
    /// Nothing begins so.
    fn nothing() -> Expected {
        Expected {
            begins: [1; WINDOW / 8],
            mask: [0; WINDOW / 8],
            form: Form::Long,
            value_at: 0,
            asked: AskedPair::NOTHING,
            number: 0,
            ahead: [0; AHEAD],
            key: Box::default(),
        }
    }

    fn new(pair: &UsualPair<'_>, asked: AskedPair) -> Expected {
        const WHOLE: u8 = 0xff;
        const HIGH: u8 = 0x80;
        let key = pair.key();
        // The tag, the length, in one byte or two, and the key.
        let head: &[(u8, u8)] = match pair.is_long() {
            false => &[(ATTRIBUTES_TAG, WHOLE), (0, HIGH)],
            true => &[(ATTRIBUTES_TAG, WHOLE), (HIGH, HIGH), (0, HIGH)],
        };
        let key_head = [(KEY, WHOLE), (key.len() as u8, WHOLE)];
        let of_key = key.iter().map(|byte| (*byte, WHOLE));
        let head = head.iter().copied().chain(key_head).chain(of_key);
        let mut begins = [0; WINDOW];
        let mut mask = [0; WINDOW];
        let bytes = begins.iter_mut().zip(&mut mask);
        for ((byte, mask), (wanted, bits)) in bytes.zip(head.chain([(VALUE, WHOLE)])) {
            (*byte, *mask) = (wanted, bits);
        }
        Expected {
            begins: words(&begins),
            mask: words(&mask),
            form: Form::of(pair, asked),
            value_at: value_at(key).min(WINDOW) as u8,
            asked,
            key: key.into(),
            ..Expected::nothing()
        }
    }

    #[inline(always)]
    fn begins(&self, window: &[u8; WINDOW]) -> bool {
        let expected = self.begins.iter().zip(&self.mask);
        let pairs = expected.zip(words(window));
        pairs.fold(0, |bits, ((begins, mask), word)| {
            bits | (word & mask ^ begins)
        }) == 0
    }

    /// What is expected besides the first, if it begins so.
    #[inline(never)]
    fn another<'e>(
        &self,
        all: &'e [Expected; REMEMBERED],
        window: &[u8; WINDOW],
    ) -> Option<&'e Expected> {
        if window[0] != ATTRIBUTES_TAG {
            return None;
        }
        let others = self.ahead.iter().skip(1);
        let mut others = others.map(|next| &all[usize::from(*next)]);
        others.find(|next| next.begins(window))
    }

    /// Takes the attribute that begins as is expected at `at`, and tells where it ends. `None`: it is written otherwise from
    /// there on, and nothing was taken.
    #[inline(always)]
    fn take(
        &self,
        window: &[u8; WINDOW],
        bytes: &[u8],
        at: usize,
        slots: &mut SlotSet,
    ) -> Option<usize> {
        if matches!(self.form, Form::LongKey | Form::Long) {
            return self.take_other(bytes, at, slots);
        }
        let length = usize::from(window[1]) + 2;
        let value_at = usize::from(self.value_at);
        // The value's length is the byte before it, and the value is the rest.
        let value_length = usize::from(window[value_at.wrapping_sub(1) % WINDOW]);
        let end = at + length;
        if value_at + value_length != length || end > bytes.len() {
            return None;
        }
        if self.form == Form::ShortAsked {
            self.asked
                .keep(bytes.get(at + value_at..end)?, end, slots)?;
        }
        Some(end)
    }

    /// Likewise, of one that is long, or that the window does not show whole.
    #[inline(never)]
    fn take_other(&self, bytes: &[u8], at: usize, slots: &mut SlotSet) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let split = UsualPair::split_long(rest, ATTRIBUTES_TAG);
        let (pair, behind) = split.or_else(|| UsualPair::split(rest, ATTRIBUTES_TAG))?;
        if *pair.key() != *self.key {
            return None;
        }
        let end = bytes.len() - behind.len();
        if self.asked.kind != RawKind::Missing {
            self.asked.keep(pair.encoded(), end, slots)?;
        }
        Some(end)
    }
}

impl AskedPair {
    /// Keeps what is encoded so and ends at `end` of the message, if the slot is new. `None`: it is of another kind, or written
    /// otherwise.
    #[inline(always)]
    fn keep(&self, encoded: &[u8], end: usize, slots: &mut SlotSet) -> Option<()> {
        let (value, digest) = match self.kind {
            RawKind::Text => {
                let text = usual_text(encoded)?;
                (Raw::text(text, end), digest_text(self.hash, text))
            }
            RawKind::Int => {
                let (kind, bits) = (RawKind::Int, usual_whole(encoded)?);
                (Raw { kind, bits }, digest_int(self.hash, bits))
            }
            _ => self.other(encoded, end)?,
        };
        // Of a key that stands twice the first counts.
        if !(slots.signs().meet(self.sign) && slots.is_set(self.slot)) {
            slots.set((self.slot, self.sign), value, digest);
        }
        Some(())
    }

    #[inline(never)]
    fn other(&self, encoded: &[u8], end: usize) -> Option<(Raw, u64)> {
        let value = usual_value(encoded)?.raw(end);
        let digest = digest_value(self.hash, value.value(&[]));
        (value.kind == self.kind).then_some((value, digest))
    }
}
