//! A protobuf cursor: the few reads that OTLP needs, over borrowed bytes, with absolute offsets.
//!
//! A [`Cursor`] walks one message inside a larger buffer. It yields tags and payload ranges, skips what
//! nobody asked for (unknown fields, groups to a bounded depth), accepts padded varints, and turns
//! everything that protobuf forbids into a [`ScanError`] that says where and what. It never allocates and
//! never panics, whatever the bytes. What it does not do is look inside a skipped payload: a fault in
//! there is not seen.

pub(crate) mod pair;
pub(crate) mod value;

use std::fmt;
use std::ops::Range;

/// Groups nested deeper than this are refused; protobuf's own readers use the same bound.
pub const MAX_GROUP_DEPTH: u32 = 100;

/// A stretch of a message of less than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PartOfMessage {
    start: u32,
    end: u32,
}

impl PartOfMessage {
    #[inline(always)]
    pub(crate) fn of(range: &Range<usize>) -> PartOfMessage {
        PartOfMessage {
            start: range.start as u32,
            end: range.end as u32,
        }
    }

    #[inline(always)]
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// What stands there in the message that it is of.
    #[inline(always)]
    pub(crate) fn of_message(self, message: &[u8]) -> &[u8] {
        let range = self.start as usize..self.end as usize;
        message.get(range).unwrap_or(&[])
    }
}

/// Where reading stopped and why. The offset counts bytes from the start of the whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanError {
    pub offset: usize,
    pub kind: ScanErrorKind,
}

/// What protobuf forbids, or what goes over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanErrorKind {
    /// The bytes end inside a varint, a fixed-size value, or a length-delimited payload.
    Truncated,
    /// A varint of more than ten bytes, or beyond 64 bits.
    VarintTooLong,
    /// A tag with field number zero or beyond 32 bits.
    FieldNumber,
    /// Wire type 6 or 7.
    WireType,
    /// A known field with another wire type than its own.
    UnexpectedWireType,
    /// The end of a group that was not begun, or another group's end.
    GroupEnd,
    /// Groups or values nested too deeply.
    Nesting,
    /// More than 4 GiB less one byte in one message.
    TooLarge,
}

impl fmt::Display for ScanErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            ScanErrorKind::Truncated => "the message ends inside a field",
            ScanErrorKind::VarintTooLong => "a variable-length integer goes beyond 64 bits",
            ScanErrorKind::FieldNumber => "a field number is zero or too large",
            ScanErrorKind::WireType => "a wire type that protobuf does not have",
            ScanErrorKind::UnexpectedWireType => "a field has another wire type than OTLP gives it",
            ScanErrorKind::GroupEnd => "the end of a group that was not begun",
            ScanErrorKind::Nesting => "groups or values are nested too deeply",
            ScanErrorKind::TooLarge => "the message is larger than 4 GiB",
        };
        write!(f, "malformed OTLP: {what}")
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.kind)
    }
}

impl std::error::Error for ScanError {}

/// How a field's payload is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    Varint,
    Fixed64,
    Length,
    GroupStart,
    GroupEnd,
    Fixed32,
}

/// A field's number and wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    pub field: u32,
    pub wire: WireType,
}

/// Reads one message: `bytes` ends where the message ends, so offsets are those of the whole buffer.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Over `range` of `whole`. A range beyond the buffer is cut to it.
    #[inline]
    #[must_use]
    pub fn new(whole: &'a [u8], range: Range<usize>) -> Cursor<'a> {
        let end = range.end.min(whole.len());
        Cursor {
            bytes: whole.get(..end).unwrap_or(whole),
            at: range.start.min(end),
        }
    }

    /// Goes on reading at `at`, which lies within the message.
    #[inline]
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    /// All bytes up to the end of the message.
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    #[inline]
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The next byte, not consumed.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub fn varint(&mut self) -> Result<u64, ScanError> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, ScanError> {
        let start = self.at;
        let mut value = 0u64;
        for index in 0..10u32 {
            let Some(&byte) = self.bytes.get(self.at) else {
                return Err(error(start, ScanErrorKind::Truncated));
            };
            self.at += 1;
            if index == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(error(start, ScanErrorKind::VarintTooLong))
    }

    /// The next field's tag.
    #[inline]
    pub fn tag(&mut self) -> Result<Tag, ScanError> {
        let start = self.at;
        let key = self.varint()?;
        let wire = match key & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Length,
            3 => WireType::GroupStart,
            4 => WireType::GroupEnd,
            5 => WireType::Fixed32,
            _ => return Err(error(start, ScanErrorKind::WireType)),
        };
        match u32::try_from(key) {
            Ok(key) if key >= 8 => Ok(Tag {
                field: key >> 3,
                wire,
            }),
            _ => Err(error(start, ScanErrorKind::FieldNumber)),
        }
    }

    /// The payload of a length-delimited field, as a range of the whole buffer; the cursor stands behind it.
    #[inline]
    pub fn payload(&mut self) -> Result<Range<usize>, ScanError> {
        let start = self.at;
        let length = self.varint()?;
        let left = self.bytes.len() - self.at;
        match usize::try_from(length) {
            Ok(length) if length <= left => {
                let range = self.at..self.at + length;
                self.at = range.end;
                Ok(range)
            }
            _ => Err(error(start, ScanErrorKind::Truncated)),
        }
    }

    #[inline]
    pub fn fixed64(&mut self) -> Result<u64, ScanError> {
        match self.bytes[self.at..].first_chunk::<8>() {
            Some(chunk) => {
                self.at += 8;
                Ok(u64::from_le_bytes(*chunk))
            }
            None => Err(error(self.at, ScanErrorKind::Truncated)),
        }
    }

    fn advance(&mut self, bytes: usize) -> Result<(), ScanError> {
        if self.bytes.len() - self.at < bytes {
            return Err(error(self.at, ScanErrorKind::Truncated));
        }
        self.at += bytes;
        Ok(())
    }

    /// Passes over the payload of `tag`, which has just been read.
    #[inline]
    pub fn skip(&mut self, tag: Tag) -> Result<(), ScanError> {
        match tag.wire {
            WireType::Varint => self.varint().map(|_| ()),
            WireType::Fixed64 => self.advance(8),
            WireType::Fixed32 => self.advance(4),
            WireType::Length => self.payload().map(|_| ()),
            WireType::GroupStart => self.skip_group(tag.field, MAX_GROUP_DEPTH),
            WireType::GroupEnd => Err(error(self.at, ScanErrorKind::GroupEnd)),
        }
    }

    #[cold]
    fn skip_group(&mut self, field: u32, depth: u32) -> Result<(), ScanError> {
        if depth == 0 {
            return Err(error(self.at, ScanErrorKind::Nesting));
        }
        loop {
            let start = self.at;
            let tag = self.tag()?;
            match tag.wire {
                WireType::GroupEnd if tag.field == field => return Ok(()),
                WireType::GroupEnd => return Err(error(start, ScanErrorKind::GroupEnd)),
                WireType::GroupStart => self.skip_group(tag.field, depth - 1)?,
                _ => self.skip(tag)?,
            }
        }
    }

    /// The payload of `tag` if it is length-delimited, as its field must be.
    #[inline]
    pub fn expect_payload(&mut self, tag: Tag) -> Result<Range<usize>, ScanError> {
        if tag.wire != WireType::Length {
            return Err(self.unexpected());
        }
        self.payload()
    }

    #[inline]
    pub fn expect_varint(&mut self, tag: Tag) -> Result<u64, ScanError> {
        if tag.wire != WireType::Varint {
            return Err(self.unexpected());
        }
        self.varint()
    }

    #[inline]
    pub fn expect_fixed64(&mut self, tag: Tag) -> Result<u64, ScanError> {
        if tag.wire != WireType::Fixed64 {
            return Err(self.unexpected());
        }
        self.fixed64()
    }

    #[cold]
    fn unexpected(&self) -> ScanError {
        error(self.at, ScanErrorKind::UnexpectedWireType)
    }
}

/// The length-delimited payload whose length stands at `at`, in the usual forms: a length of one or two bytes,
/// or padded to five. `None`: whatever else, which [`Cursor::payload`] decides.
#[inline(always)]
pub(crate) fn usual_payload(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(at)?);
    let (length, start) = if first < 0x80 {
        (first, at + 1)
    } else {
        let second = usize::from(*bytes.get(at + 1)?);
        if second < 0x80 {
            (first & 0x7f | second << 7, at + 2)
        } else {
            longer_length(bytes, at)?
        }
    };
    let end = start + length;
    (end <= bytes.len()).then_some((start, end))
}

/// A length of up to five bytes, and what follows it.
#[inline]
fn longer_length(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in bytes.get(at..)?.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            return Some((length, at + index + 1));
        }
    }
    None
}

pub(crate) fn error(offset: usize, kind: ScanErrorKind) -> ScanError {
    ScanError { offset, kind }
}
