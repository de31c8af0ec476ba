//! OTLP's `AnyValue`, read to where its payload stands.
//!
//! A [`Raw`] is a value as a place in the message (or the number itself), so that it can be kept between
//! messages without borrowing from one.

use std::ops::Range;

use crate::value::Value;
use crate::wire::{Cursor, ScanError, WireType};

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

    /// Of a text that ends at `end` of a message.
    #[inline(always)]
    pub(crate) fn text(text: &[u8], end: usize) -> Raw {
        let length = text.len() as u64;
        Raw {
            kind: RawKind::Text,
            bits: (end as u64).wrapping_sub(length) << 32 | length,
        }
    }

    /// The same, so much further in the message.
    pub(crate) fn moved_by(self, bytes: usize) -> Raw {
        match self.kind {
            RawKind::Text | RawKind::Array | RawKind::Bytes | RawKind::Other => Raw {
                bits: self.bits.wrapping_add((bytes as u64) << 32),
                ..self
            },
            RawKind::Missing | RawKind::Int | RawKind::Float | RawKind::Bool => self,
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
