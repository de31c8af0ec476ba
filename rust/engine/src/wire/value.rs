//! OTLP's `AnyValue` and `KeyValue`, read to where their payload stands.
//!
//! A [`Raw`] is a value as a place in the message (or the number itself), so that it can be kept between
//! messages without borrowing from one.

use std::ops::Range;

use crate::value::Value;
use crate::wire::{Cursor, ScanError, ScanErrorKind, WireType, error, usual_payload};

/// A value by its place in a message of less than 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub kind: RawKind,
    /// The number itself, or start and length of the payload.
    pub bits: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawKind {
    Missing,
    Text,
    Int,
    Float,
    Bool,
    Array,
    Bytes,
    Other,
}

impl Default for Raw {
    fn default() -> Raw {
        Raw::MISSING
    }
}

impl Raw {
    pub(crate) const MISSING: Raw = Raw {
        kind: RawKind::Missing,
        bits: 0,
    };

    #[inline(always)]
    pub(crate) fn place(kind: RawKind, range: &Range<usize>) -> Raw {
        Raw {
            kind,
            bits: ((range.start as u64) << 32) | (range.len() as u64 & 0xffff_ffff),
        }
    }

    pub(crate) fn payload(self, message: &[u8]) -> &[u8] {
        let start = (self.bits >> 32) as usize;
        let length = (self.bits & 0xffff_ffff) as usize;
        message.get(start..start + length).unwrap_or(&[])
    }

    pub(crate) fn value(self, message: &[u8]) -> Value<'_> {
        match self.kind {
            RawKind::Missing => Value::Missing,
            RawKind::Text => Value::Text(self.payload(message)),
            RawKind::Int => Value::Int(self.bits.cast_signed()),
            RawKind::Float => Value::Float(f64::from_bits(self.bits)),
            RawKind::Bool => Value::Bool(self.bits != 0),
            RawKind::Array => Value::Array(self.payload(message)),
            RawKind::Bytes => Value::Bytes(self.payload(message)),
            RawKind::Other => Value::Other,
        }
    }
}

/// Reads the `AnyValue` in `range`, over what an earlier part of the same value has set: the last variant
/// counts. (Two arrays in one value would be joined by a full decoder; here the last one counts.)
pub(crate) fn any_value(
    message: &[u8],
    range: Range<usize>,
    mut value: Raw,
) -> Result<Raw, ScanError> {
    let mut cursor = Cursor::new(message, range);
    while !cursor.is_done() {
        let tag = cursor.tag()?;
        value = match tag.field {
            1 => Raw::place(RawKind::Text, &cursor.expect_payload(tag)?),
            2 => Raw {
                kind: RawKind::Bool,
                bits: u64::from(cursor.expect_varint(tag)? != 0),
            },
            3 => Raw {
                kind: RawKind::Int,
                bits: cursor.expect_varint(tag)?,
            },
            4 => Raw {
                kind: RawKind::Float,
                bits: cursor.expect_fixed64(tag)?,
            },
            5 => Raw::place(RawKind::Array, &cursor.expect_payload(tag)?),
            6 => Raw::place(RawKind::Other, &cursor.expect_payload(tag)?),
            7 => Raw::place(RawKind::Bytes, &cursor.expect_payload(tag)?),
            _ => {
                cursor.skip(tag)?;
                value
            }
        };
    }
    Ok(value)
}

/// A key and where its value stands, unread.
pub(crate) struct KeyValue<'a> {
    pub key: &'a [u8],
    entry: Range<usize>,
    /// The value's payload, if the entry is written as usual: key, value, nothing else.
    value: Option<Range<usize>>,
}

const KEY: u8 = 0x0a;
const VALUE: u8 = 0x12;
/// Tags in an `AnyValue`: of a text, a boolean, a whole number and another one.
const TEXT: u8 = 0x0a;
const BOOL: u8 = 0x10;
const INT: u8 = 0x18;
const FLOAT: u8 = 0x21;

/// A field of `KeyValue` as such fields are nearly always written: key, value and nothing else, the key shorter than 128 bytes,
/// and lengths in no more bytes than they need.
pub(crate) struct UsualPair<'a> {
    pub key: &'a [u8],
    /// The encoded value, with which the field ends.
    value: &'a [u8],
}

const HIGH: u32 = 0x80;

impl<'a> UsualPair<'a> {
    /// The field with a `tag` of one byte that `bytes` begin with, and what is behind it, if it is shorter than 128 bytes; `None`:
    /// it is not, or another one, or written otherwise.
    #[inline(always)]
    pub(crate) fn split(bytes: &'a [u8], tag: u8) -> Option<(UsualPair<'a>, &'a [u8])> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let head = u32::from_le_bytes(*head);
        // The tag, a length of one byte, the key's tag, a length of one byte.
        if head & (0xff | HIGH << 8 | 0xff << 16 | HIGH << 24)
            != u32::from(tag) | u32::from(KEY) << 16
        {
            return None;
        }
        let length = (head >> 8 & 0xff) as usize;
        let (pair, behind) = rest.split_at_checked(length.wrapping_sub(2))?;
        let (key, rest) = pair.split_at_checked((head >> 24) as usize)?;
        match rest {
            [VALUE, length, value @ ..] if is_length(*length, value) => {
                Some((UsualPair { key, value }, behind))
            }
            _ => None,
        }
    }

    /// The same of a field whose length takes two bytes.
    #[inline]
    pub(crate) fn split_long(bytes: &'a [u8], tag: u8) -> Option<(UsualPair<'a>, &'a [u8])> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let head = u32::from_le_bytes(*head);
        if head & (0xff | HIGH << 8 | HIGH << 16 | 0xff << 24)
            != u32::from(tag) | HIGH << 8 | u32::from(KEY) << 24
        {
            return None;
        }
        let length = (head >> 8 & 0x7f | (head >> 16 & 0x7f) << 7) as usize;
        let (pair, behind) = rest.split_at_checked(length.wrapping_sub(1))?;
        let (key_len @ 0..0x80, pair) = pair.split_first()? else {
            return None;
        };
        let (key, rest) = pair.split_at_checked(usize::from(*key_len))?;
        let value = match rest {
            [VALUE, length, value @ ..] if is_length(*length, value) => value,
            [VALUE, low, high, value @ ..] if are_length(*low, *high, value) => value,
            _ => return None,
        };
        Some((UsualPair { key, value }, behind))
    }

    /// The value of the field, which ends at `end` of the message.
    #[inline(always)]
    pub(crate) fn value(&self, message: &[u8], end: usize) -> Result<Raw, ScanError> {
        match usual_value(self.value, end) {
            Some(value) => Ok(value),
            None => any_value(message, end - self.value.len()..end, Raw::MISSING),
        }
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

/// The value that is encoded so, which ends at `end` of the message, in its usual forms: a text, a whole number of up to four
/// bytes, a boolean or another number, and nothing else.
#[inline(always)]
fn usual_value(encoded: &[u8], end: usize) -> Option<Raw> {
    match encoded {
        [TEXT, length, text @ ..] if is_length(*length, text) => {
            Some(Raw::place(RawKind::Text, &(end - text.len()..end)))
        }
        [TEXT, low, high, text @ ..] if are_length(*low, *high, text) => {
            Some(Raw::place(RawKind::Text, &(end - text.len()..end)))
        }
        [INT, varint @ ..] => usual_int(varint),
        [BOOL, byte @ 0..0x80] => Some(Raw {
            kind: RawKind::Bool,
            bits: u64::from(*byte != 0),
        }),
        [FLOAT, bytes @ ..] => Some(Raw {
            kind: RawKind::Float,
            bits: u64::from_le_bytes(bytes.try_into().ok()?),
        }),
        _ => None,
    }
}

#[inline(always)]
fn usual_int(varint: &[u8]) -> Option<Raw> {
    let (last, first) = varint.split_last()?;
    if first.len() > 3 || *last >= 0x80 {
        return None;
    }
    let mut bits = u64::from(*last);
    for byte in first.iter().rev() {
        if *byte < 0x80 {
            return None;
        }
        bits = bits << 7 | u64::from(byte & 0x7f);
    }
    let kind = RawKind::Int;
    Some(Raw { kind, bits })
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
            usual_value(payload, value.end)
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

/// The elements of an encoded `ArrayValue`, up to the first that is malformed.
pub fn array_elements(encoded: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let mut cursor = Cursor::new(encoded, 0..encoded.len());
    std::iter::from_fn(move || {
        while !cursor.is_done() {
            let tag = cursor.tag().ok()?;
            if tag.field == 1 && tag.wire == WireType::Length {
                let range = cursor.payload().ok()?;
                return Some(any_value(encoded, range, Raw::MISSING).ok()?.value(encoded));
            }
            cursor.skip(tag).ok()?;
        }
        None
    })
}
