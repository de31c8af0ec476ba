//! OTLP's `KeyValue`, read to where its key and its value stand.
//!
//! Nearly all are written in one way, which is read without the general one: the key, the value, nothing else.

use std::ops::Range;

use crate::wire::value::{Raw, RawKind, any_value};
use crate::wire::{Cursor, ScanError, ScanErrorKind, WireType, error, usual_payload};

/// A key and where its value stands, unread.
pub(crate) struct KeyValue<'a> {
    pub key: &'a [u8],
    entry: Range<usize>,
    /// The value's payload, if the entry is written as usual: key, value, nothing else.
    value: Option<Range<usize>>,
}

pub(crate) const KEY: u8 = 0x0a;
pub(crate) const VALUE: u8 = 0x12;
/// Tags in an `AnyValue`: of a text, a boolean, a whole number and another one.
pub(crate) const TEXT: u8 = 0x0a;
const BOOL: u8 = 0x10;
pub(crate) const INT: u8 = 0x18;
const FLOAT: u8 = 0x21;

/// A field of `KeyValue` as such fields are nearly always written: key, value and nothing else, the key shorter than 128 bytes,
/// and lengths in no more bytes than they need.
pub(crate) struct UsualPair<'a> {
    /// The whole field, and where in it its key begins and ends.
    field: &'a [u8],
    key: (usize, usize),
    /// See [`key_mark`].
    pub mark: u32,
    /// The encoded value, with which the field ends.
    value: &'a [u8],
}

/// A value in one of its usual forms.
pub(crate) enum UsualValue<'a> {
    Text(&'a [u8]),
    Int(u64),
    Bool(bool),
    /// By its bits.
    Float(u64),
}

const HIGH: u32 = 0x80;

/// What tells most keys apart and stands at hand in a field: the length of the key, its first byte, and the last two. Where a key
/// has fewer it is what stands before it or behind it in a field.
#[inline(always)]
pub(crate) fn key_mark(key: &[u8]) -> u32 {
    let first = key.first().copied().unwrap_or(VALUE);
    let ending = match *key {
        [.., before, last] => [before, last],
        [only] => [1, only],
        [] => [KEY, 0],
    };
    mark(key.len() as u32, first, u16::from_le_bytes(ending))
}

#[inline(always)]
fn mark(length: u32, first: u8, ending: u16) -> u32 {
    length << 24 | u32::from(first) << 16 | u32::from(ending)
}

impl<'a> UsualPair<'a> {
    /// The field with a `tag` of one byte that `bytes` begin with, and what is behind it, if it is shorter than 128 bytes; `None`:
    /// it is not, or another one, or written otherwise.
    #[inline(always)]
    pub(crate) fn split(bytes: &'a [u8], tag: u8) -> Option<(UsualPair<'a>, &'a [u8])> {
        let head = u32::from_le_bytes(*bytes.first_chunk()?);
        // The tag, a length of one byte, the key's tag, a length of one byte.
        if head & (0xff | HIGH << 8 | 0xff << 16 | HIGH << 24)
            != u32::from(tag) | u32::from(KEY) << 16
        {
            return None;
        }
        let (field, behind) = bytes.split_at_checked((head >> 8 & 0x7f) as usize + 2)?;
        let end = (head >> 24) as usize + 4;
        // Behind the key the value's tag and a length of one byte, as the whole field is short.
        let (around, value) = field.get(end - 2..)?.split_first_chunk()?;
        let around = u32::from_le_bytes(*around);
        if around >> 16 != u32::from(VALUE) | (value.len() as u32) << 8 {
            return None;
        }
        let pair = UsualPair {
            field,
            key: (4, end),
            mark: mark(head >> 24, field[4], around as u16),
            value,
        };
        Some((pair, behind))
    }

    /// The same of a field whose length takes two bytes.
    #[inline]
    pub(crate) fn split_long(bytes: &'a [u8], tag: u8) -> Option<(UsualPair<'a>, &'a [u8])> {
        let [first, low @ 0x80..=0xff, high @ 0..0x80, KEY, key @ 0..0x80] =
            *bytes.first_chunk()?
        else {
            return None;
        };
        if first != tag {
            return None;
        }
        let length = usize::from(low & 0x7f) | usize::from(high) << 7;
        let (field, behind) = bytes.split_at_checked(length + 3)?;
        let end = usize::from(key) + 5;
        let (key, rest) = field.get(5..)?.split_at_checked(usize::from(key))?;
        let value = match rest {
            [VALUE, length, value @ ..] if is_length(*length, value) => value,
            [VALUE, low, high, value @ ..] if are_length(*low, *high, value) => value,
            _ => return None,
        };
        let pair = UsualPair {
            field,
            key: (5, end),
            mark: key_mark(key),
            value,
        };
        Some((pair, behind))
    }

    #[inline(always)]
    pub(crate) fn key(&self) -> &'a [u8] {
        self.field.get(self.key.0..self.key.1).unwrap_or(&[])
    }

    /// Whether its length takes two bytes.
    pub(crate) fn is_long(&self) -> bool {
        self.key.0 > 4
    }

    /// `None`: it is written otherwise.
    #[inline(always)]
    pub(crate) fn value(&self) -> Option<UsualValue<'a>> {
        usual_value(self.value)
    }

    /// Where the value stands in the message, if the field ends at `end` of it.
    #[inline(always)]
    pub(crate) fn value_at(&self, end: usize) -> Range<usize> {
        end - self.value.len()..end
    }
}

impl UsualValue<'_> {
    pub(crate) fn kind(&self) -> RawKind {
        match self {
            UsualValue::Text(_) => RawKind::Text,
            UsualValue::Int(_) => RawKind::Int,
            UsualValue::Bool(_) => RawKind::Bool,
            UsualValue::Float(_) => RawKind::Float,
        }
    }

    /// As it is kept; it ends at `end` of the message.
    #[inline(always)]
    pub(crate) fn raw(&self, end: usize) -> Raw {
        let (kind, bits) = match self {
            UsualValue::Text(text) => return Raw::text(text, end),
            UsualValue::Int(bits) => (RawKind::Int, *bits),
            UsualValue::Bool(value) => (RawKind::Bool, u64::from(*value)),
            UsualValue::Float(bits) => (RawKind::Float, *bits),
        };
        Raw { kind, bits }
    }
}

#[inline(always)]
fn is_length(byte: u8, of: &[u8]) -> bool {
    byte < 0x80 && usize::from(byte) == of.len()
}

#[inline(always)]
fn are_length(low: u8, high: u8, of: &[u8]) -> bool {
    low >= 0x80 && high < 0x80 && usize::from(low & 0x7f) | usize::from(high) << 7 == of.len()
}

/// The value that is encoded so in its usual forms: a text, a whole number of up to four bytes, a boolean or another number, and
/// nothing else.
#[inline(always)]
pub(crate) fn usual_value(encoded: &[u8]) -> Option<UsualValue<'_>> {
    match encoded {
        [TEXT, ..] => usual_text(encoded).map(UsualValue::Text),
        [INT, ..] => usual_whole(encoded).map(UsualValue::Int),
        [BOOL, byte @ 0..0x80] => Some(UsualValue::Bool(*byte != 0)),
        [FLOAT, bytes @ ..] => {
            let bits = u64::from_le_bytes(bytes.try_into().ok()?);
            Some(UsualValue::Float(bits))
        }
        _ => None,
    }
}

/// Likewise, if it is a text.
#[inline(always)]
fn usual_text(encoded: &[u8]) -> Option<&[u8]> {
    match encoded {
        [TEXT, length, text @ ..] if is_length(*length, text) => Some(text),
        [TEXT, low, high, text @ ..] if are_length(*low, *high, text) => Some(text),
        _ => None,
    }
}

/// Likewise, if it is a whole number.
#[inline(always)]
fn usual_whole(encoded: &[u8]) -> Option<u64> {
    match encoded {
        [INT, varint @ ..] => usual_int(varint),
        _ => None,
    }
}

#[inline(always)]
fn usual_int(varint: &[u8]) -> Option<u64> {
    let low = |byte: u8, place: u32| u64::from(byte & 0x7f) << (7 * place);
    match *varint {
        [a @ 0..0x80] => Some(u64::from(a)),
        [a @ 0x80..=0xff, b @ 0..0x80] => Some(low(a, 0) | low(b, 1)),
        [a @ 0x80..=0xff, b @ 0x80..=0xff, c @ 0..0x80] => Some(low(a, 0) | low(b, 1) | low(c, 2)),
        [
            a @ 0x80..=0xff,
            b @ 0x80..=0xff,
            c @ 0x80..=0xff,
            d @ 0..0x80,
        ] => Some(low(a, 0) | low(b, 1) | low(c, 2) | low(d, 3)),
        _ => None,
    }
}

impl<'a> KeyValue<'a> {
    /// Reads the key of the `KeyValue` in `entry`.
    #[inline(always)]
    pub(crate) fn read(message: &'a [u8], entry: Range<usize>) -> Result<KeyValue<'a>, ScanError> {
        if let Some(bytes) = message.get(..entry.end)
            && bytes.get(entry.start) == Some(&KEY)
            && let Some((key, key_end)) = usual_payload(bytes, entry.start + 1)
            && bytes.get(key_end) == Some(&VALUE)
            && let Some((value, value_end)) = usual_payload(bytes, key_end + 1)
            && value_end == bytes.len()
        {
            return Ok(KeyValue {
                key: &bytes[key..key_end],
                entry,
                value: Some(value..value_end),
            });
        }
        KeyValue::read_unusual(message, entry)
    }

    #[cold]
    fn read_unusual(message: &'a [u8], entry: Range<usize>) -> Result<KeyValue<'a>, ScanError> {
        let mut cursor = Cursor::new(message, entry.clone());
        let mut key: &[u8] = &[];
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            if tag.field == 1 {
                key = &message[cursor.expect_payload(tag)?];
            } else if tag.field == 2 && tag.wire != WireType::Length {
                return Err(error(cursor.at(), ScanErrorKind::UnexpectedWireType));
            } else {
                cursor.skip(tag)?;
            }
        }
        Ok(KeyValue {
            key,
            entry,
            value: None,
        })
    }

    #[inline(always)]
    pub(crate) fn value(&self, message: &[u8]) -> Result<Raw, ScanError> {
        let usual = self.value.as_ref().and_then(|value| {
            let payload = message.get(value.clone())?;
            Some(usual_value(payload)?.raw(value.end))
        });
        match usual {
            Some(value) => Ok(value),
            None => self.any_value(message),
        }
    }

    fn any_value(&self, message: &[u8]) -> Result<Raw, ScanError> {
        if let Some(value) = &self.value {
            return any_value(message, value.clone(), Raw::MISSING);
        }
        let mut cursor = Cursor::new(message, self.entry.clone());
        let mut value = Raw::MISSING;
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            if tag.field == 2 {
                let range = cursor.expect_payload(tag)?;
                value = any_value(message, range, value)?;
            } else {
                cursor.skip(tag)?;
            }
        }
        Ok(value)
    }
}
