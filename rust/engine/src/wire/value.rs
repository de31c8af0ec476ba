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
/// The tag of a text in an `AnyValue`.
const TEXT: u8 = 0x0a;
/// That of a whole number.
const INT: u8 = 0x18;

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
        // Text alone, which most values are.
        if let Some(value) = &self.value
            && let Some(bytes) = message.get(..value.end)
            && bytes.get(value.start) == Some(&TEXT)
            && let Some((start, end)) = usual_payload(bytes, value.start + 1)
            && end == bytes.len()
        {
            return Ok(Raw::place(RawKind::Text, &(start..end)));
        }
        if let Some(number) = self.usual_int(message) {
            return Ok(number);
        }
        self.any_value(message)
    }

    /// A number alone, of at most four bytes, which most of them are.
    #[inline]
    fn usual_int(&self, message: &[u8]) -> Option<Raw> {
        let [INT, varint @ ..] = message.get(self.value.clone()?)? else {
            return None;
        };
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
