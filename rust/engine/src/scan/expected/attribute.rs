//! One attribute as it is expected: how it begins, whether it is asked for, and what is taken of it.
//!
//! It is known by one comparison of its first bytes, and taken only if all that follows is written as such attributes nearly
//! always are: its value is the rest of it, in one of its usual forms and of the kind that it had before.

use crate::scan::keys::KeyTable;
use crate::scan::slots::{SetSlot, Signs, SlotSet};
use crate::scan::span_field::ATTRIBUTES_TAG;
use crate::scan::value_digest::{digest_int, digest_text, digest_value};
use crate::wire::pair::{INT, KEY, TEXT, UsualPair, UsualValue, VALUE};
use crate::wire::value::{Raw, RawKind};

/// So many bytes of an attribute are compared at once.
const COMPARED: usize = 32;
/// So many are looked at.
const WINDOW: usize = 40;
/// No place of the tree.
pub(super) const NOWHERE: u16 = u16::MAX;

/// A place of the tree: an attribute as it is expected, its key, and what its value is if it is asked for.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Expected {
    /// What it begins with, but for the bytes of lengths that hang on the value.
    begins: [u64; COMPARED / 8],
    mask: [u64; COMPARED / 8],
    pub form: Form,
    /// Where its value's tag stands, if the window shows it.
    value_at: u8,
    /// The first that is expected behind it, and what is expected in its own place besides.
    pub next: u16,
    pub other: u16,
    /// Its own number.
    pub place: u16,
    pub asked: AskedPair,
    /// Of all that was set up to here.
    pub signs: Signs,
    /// The last place up to here in which something was set.
    pub shape: u16,
    pub key: Box<[u8]>,
}

/// How an attribute is written, and whether it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In less than 128 bytes, its key within what is compared, and nobody asks for it.
    Unasked,
    /// Likewise, but it is asked for, and is a text.
    Text,
    /// Or a whole number,
    Int,
    /// or another value.
    Other,
    /// Its key goes beyond what is compared.
    LongKey,
    Long,
}

impl Form {
    pub(super) fn of(pair: &UsualPair<'_>, asked: AskedPair) -> Form {
        match asked.kind {
            _ if pair.is_long() => Form::Long,
            _ if value_at(pair.key()) >= COMPARED => Form::LongKey,
            RawKind::Missing => Form::Unasked,
            RawKind::Text => Form::Text,
            RawKind::Int => Form::Int,
            _ => Form::Other,
        }
    }
}

/// Where the value's tag stands in a short attribute: behind a tag and a length each of the attribute and the key.
fn value_at(key: &[u8]) -> usize {
    key.len() + 4
}

/// What is asked of an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedPair {
    /// Missing: nothing is.
    pub kind: RawKind,
    slot: u32,
    /// Of the key.
    hash: u64,
}

impl AskedPair {
    const NOTHING: AskedPair = AskedPair {
        kind: RawKind::Missing,
        slot: 0,
        hash: 0,
    };
}

fn words(bytes: &[u8; COMPARED]) -> [u64; COMPARED / 8] {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_le_bytes(*word)))
}

impl Expected {
    /// Where the spans of a kind begin; nothing is written so.
    pub(super) fn beginning(kind: u16) -> Expected {
        Expected {
            begins: [1; COMPARED / 8],
            mask: [0; COMPARED / 8],
            form: Form::Long,
            value_at: 0,
            next: NOWHERE,
            other: NOWHERE,
            place: kind,
            asked: AskedPair::NOTHING,
            signs: Signs::NONE,
            shape: kind,
            key: Box::default(),
        }
    }

    /// This attribute behind the last, in this place.
    pub(super) fn behind(
        last: &Expected,
        pair: &UsualPair<'_>,
        (form, asked): (Form, AskedPair),
        place: u16,
    ) -> Expected {
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
        let mut begins = [0; COMPARED];
        let mut mask = [0; COMPARED];
        let bytes = begins.iter_mut().zip(&mut mask);
        for ((byte, mask), (wanted, bits)) in bytes.zip(head.chain([(VALUE, WHOLE)])) {
            (*byte, *mask) = (wanted, bits);
        }
        let (signs, shape) = match asked.kind {
            RawKind::Missing => (last.signs, last.shape),
            _ => (last.signs.with(Signs::of(asked.slot)), place),
        };
        Expected {
            begins: words(&begins),
            mask: words(&mask),
            form,
            value_at: value_at(key).min(COMPARED - 1) as u8,
            asked,
            signs,
            shape,
            key: key.into(),
            ..Expected::beginning(place)
        }
    }

    #[inline(always)]
    pub(super) fn begins(&self, window: &[u8; WINDOW]) -> bool {
        let Some(window) = window.first_chunk() else {
            return false;
        };
        let expected = self.begins.iter().zip(&self.mask);
        let pairs = expected.zip(words(window));
        pairs.fold(0, |bits, ((begins, mask), word)| {
            bits | (word & mask ^ begins)
        }) == 0
    }

    /// Takes the attribute that begins as is expected, and tells what is behind it. `None`: it is written otherwise from there on,
    /// or does not end with so much `beyond` it, and nothing was taken. `message` is how long that is.
    #[inline(always)]
    pub(super) fn take<'m>(
        &self,
        window: &[u8; WINDOW],
        rest: &'m [u8],
        beyond: usize,
        message: usize,
        slots: &mut SlotSet,
    ) -> Option<&'m [u8]> {
        if matches!(self.form, Form::Other | Form::LongKey | Form::Long) {
            return self.take_other(rest, beyond, message, slots);
        }
        let length = usize::from(window[1]);
        let behind = rest.get(length + 2..)?;
        if behind.len() < beyond {
            return None;
        }
        // There the value's tag stands, and its length, which is what is left of the attribute.
        let at = usize::from(self.value_at) % COMPARED;
        if at + usize::from(window[at + 1]) != length {
            return None;
        }
        if self.form != Form::Unasked {
            self.set(
                window,
                rest.get(..length + 2)?,
                message - behind.len(),
                slots,
            )?;
        }
        Some(behind)
    }

    /// Sets what is asked of this attribute, which ends at `end` of the message. `None`: its value is written otherwise.
    #[inline(always)]
    fn set(
        &self,
        window: &[u8; WINDOW],
        attribute: &[u8],
        end: usize,
        slots: &mut SlotSet,
    ) -> Option<()> {
        let at = usize::from(self.value_at) % COMPARED;
        let value = u64::from_le_bytes(*window.get(at..)?.first_chunk()?);
        let (tag, length) = ((value >> 16) as u8, (value >> 8) as u8);
        let (raw, digest) = match self.form {
            Form::Text => {
                if tag != TEXT || (value >> 24) as u8 != length.wrapping_sub(2) {
                    return None;
                }
                let text = attribute.get(at + 4..)?;
                (Raw::text(text, end), digest_text(self.asked.hash, text))
            }
            _ => {
                if tag != INT {
                    return None;
                }
                let bits = whole((value >> 24) as u32, u32::from(length))?;
                let kind = RawKind::Int;
                (Raw { kind, bits }, digest_int(self.asked.hash, bits))
            }
        };
        slots.set_few(SetSlot::new(self.asked.slot, raw), digest);
        Some(())
    }

    /// Likewise, of one that is long, or that the window does not show whole, or that has a rarer value.
    #[inline(never)]
    fn take_other<'m>(
        &self,
        rest: &'m [u8],
        beyond: usize,
        message: usize,
        slots: &mut SlotSet,
    ) -> Option<&'m [u8]> {
        let split = UsualPair::split_long(rest, ATTRIBUTES_TAG);
        let (pair, behind) = split.or_else(|| UsualPair::split(rest, ATTRIBUTES_TAG))?;
        if *pair.key() != *self.key || behind.len() < beyond {
            return None;
        }
        if self.asked.kind == RawKind::Missing {
            return Some(behind);
        }
        let value = pair.value()?;
        let raw = value.raw(message - behind.len());
        if raw.kind != self.asked.kind {
            return None;
        }
        let digest = match value {
            UsualValue::Text(text) => digest_text(self.asked.hash, text),
            _ => digest_value(self.asked.hash, raw.value(&[])),
        };
        slots.set_few(SetSlot::new(self.asked.slot, raw), digest);
        Some(behind)
    }
}

/// The whole number of a value of so many bytes, its tag included, of up to four bytes that `word` begins with.
#[inline(always)]
fn whole(word: u32, length: u32) -> Option<u64> {
    const MORE: u32 = 0x8080_8080;
    if !(2..=5).contains(&length) {
        return None;
    }
    let mask = u32::MAX >> (u32::BITS + 8 - 8 * length);
    let word = word & mask;
    let low = |place: u32| word >> place & 0x7f << (7 * place);
    let is_all = word & MORE == mask >> 8 & MORE;
    is_all.then(|| u64::from(low(0) | low(1) | low(2) | low(3)))
}

impl AskedPair {
    /// What is asked of an attribute behind what is set in `slots`. `None`: its value is written otherwise than as usual.
    pub(super) fn of(pair: &UsualPair<'_>, keys: &KeyTable, slots: &SlotSet) -> Option<AskedPair> {
        match keys.key(pair.key()) {
            // Of a key that stands twice the first counts.
            Some(wanted) if !slots.is_set(wanted.slot) => Some(AskedPair {
                kind: pair.value()?.kind(),
                slot: wanted.slot,
                hash: wanted.hash,
            }),
            _ => Some(AskedPair::NOTHING),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pair::usual_value;

    #[test]
    fn whole_numbers_are_those_that_are_written_as_usual() {
        let bytes = [0, 1, 0x7f, 0x80, 0x81, 0xff];
        for length in 0..=8u32 {
            for number in 0..6usize.pow(length.saturating_sub(1)) {
                let varint: Vec<u8> = (0..length.saturating_sub(1))
                    .map(|place| bytes[number / 6usize.pow(place) % 6])
                    .collect();
                let encoded = [&[INT][..], &varint].concat();
                let usual = match usual_value(&encoded) {
                    Some(UsualValue::Int(bits)) => Some(bits),
                    _ => None,
                };
                let mut four = [0xff; 4];
                let shown = varint.len().min(4);
                four[..shown].copy_from_slice(&varint[..shown]);
                let found = whole(u32::from_le_bytes(four), length);
                assert_eq!(found, usual, "{encoded:x?}");
            }
        }
    }
}
