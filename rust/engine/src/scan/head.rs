//! What every span has, whatever the rules ask: its ids, its times, its name, kind and status.

use std::ops::Range;

use crate::scan::span_field as field;
use crate::wire::{Cursor, PartOfMessage, ScanError, usual_payload};

/// What every span has; texts by their places in the message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SpanHead {
    /// Zeros where it is not one.
    pub trace: [u8; 16],
    /// Likewise.
    pub span: [u8; 8],
    /// Zeros on a root.
    pub parent: [u8; 8],
    has_odd_parent: bool,
    pub name: PartOfMessage,
    pub kind: i32,
    pub start: u64,
    pub end: u64,
    pub status: i32,
    pub status_message: PartOfMessage,
}

impl SpanHead {
    /// Reads what a span nearly always begins with, as it is nearly always written, from `begin` on, and tells how far that goes.
    #[inline(always)]
    pub(crate) fn read_usual(&mut self, bytes: &[u8], begin: usize) -> usize {
        let mut rest = bytes.get(begin..).unwrap_or(&[]);
        if let Some((ids, behind)) = rest.split_first_chunk::<28>()
            && ids[..2] == [field::TRACE_ID_TAG, 16]
            && ids[18..20] == [field::SPAN_ID_TAG, 8]
        {
            self.trace.copy_from_slice(&ids[2..18]);
            self.span.copy_from_slice(&ids[20..]);
            rest = behind;
        }
        if rest.first() == Some(&field::TRACE_STATE_TAG)
            && let Some((_, end)) = usual_payload(rest, 1)
        {
            rest = rest.get(end..).unwrap_or(&[]);
        }
        if let Some((parent, behind)) = rest.split_first_chunk::<10>()
            && parent[..2] == [field::PARENT_ID_TAG, 8]
        {
            self.parent.copy_from_slice(&parent[2..]);
            rest = behind;
        }
        if rest.first() == Some(&field::NAME_TAG)
            && let Some((start, end)) = usual_payload(rest, 1)
        {
            let at = bytes.len() - rest.len();
            self.name = PartOfMessage::of(&(at + start..at + end));
            rest = rest.get(end..).unwrap_or(&[]);
        }
        if let Some((&[field::KIND_TAG, kind @ 0..0x80], behind)) = rest.split_first_chunk() {
            self.kind = i32::from(kind);
            rest = behind;
        }
        if let Some((times, behind)) = rest.split_first_chunk::<18>()
            && times[0] == field::START_TAG
            && times[9] == field::END_TAG
        {
            [self.start, self.end] = [1, 10].map(|at| {
                let mut time = [0; 8];
                time.copy_from_slice(&times[at..at + 8]);
                u64::from_le_bytes(time)
            });
            rest = behind;
        }
        bytes.len() - rest.len()
    }

    pub(crate) fn set_trace(&mut self, id: &[u8]) {
        self.trace = id.try_into().unwrap_or_default();
    }

    pub(crate) fn set_span(&mut self, id: &[u8]) {
        self.span = id.try_into().unwrap_or_default();
    }

    pub(crate) fn set_parent(&mut self, id: &[u8]) {
        self.has_odd_parent = !matches!(id.len(), 0 | 8);
        self.parent = id.try_into().unwrap_or_default();
    }

    /// Whether its ids are those of a span.
    #[inline(always)]
    pub(crate) fn is_span(&self) -> bool {
        u128::from_le_bytes(self.trace) != 0
            && u64::from_le_bytes(self.span) != 0
            && !self.has_odd_parent
    }

    pub(crate) fn read_status(
        &mut self,
        message: &[u8],
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                2 => self.status_message = PartOfMessage::of(&cursor.expect_payload(tag)?),
                3 => self.status = cursor.expect_varint(tag)? as i32,
                _ => cursor.skip(tag)?,
            }
        }
        Ok(())
    }
}

/// The hexadecimal text of a span's ids.
#[derive(Debug, Default)]
pub(crate) struct IdTexts {
    pub trace: [u8; 32],
    pub span: [u8; 16],
    pub parent: [u8; 16],
}

impl IdTexts {
    pub(crate) fn write(&mut self, head: &SpanHead) {
        hex(&head.trace, &mut self.trace);
        hex(&head.span, &mut self.span);
        hex(&head.parent, &mut self.parent);
    }
}

/// Appends the hexadecimal text of `bytes`.
pub(crate) fn append_hex(bytes: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + 2 * bytes.len(), 0);
    hex(bytes, &mut text[start..]);
}

fn hex(bytes: &[u8], text: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(text.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}
