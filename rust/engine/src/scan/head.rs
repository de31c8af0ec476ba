//! What every span has, whatever the rules ask: its ids, its times, its name, kind and status.

use std::ops::Range;

use crate::wire::{Cursor, ScanError};

/// What every span has, by its place in the message.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanHead {
    pub trace_id: Range<usize>,
    pub span_id: Range<usize>,
    pub parent_id: Range<usize>,
    pub name: Range<usize>,
    pub kind: i32,
    pub start: u64,
    pub end: u64,
    pub status: i32,
    pub status_message: Range<usize>,
    pub trace: [u8; 16],
    pub span: [u8; 8],
    /// Zeros on a root.
    pub parent: [u8; 8],
}

impl SpanHead {
    pub(crate) fn read_status(
        &mut self,
        message: &[u8],
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                2 => self.status_message = cursor.expect_payload(tag)?,
                3 => self.status = cursor.expect_varint(tag)? as i32,
                _ => cursor.skip(tag)?,
            }
        }
        Ok(())
    }

    /// Reads the ids; false if they are not those of a span.
    pub(crate) fn take_ids(&mut self, message: &[u8]) -> bool {
        let (Ok(trace), Ok(span)) = (
            <[u8; 16]>::try_from(&message[self.trace_id.clone()]),
            <[u8; 8]>::try_from(&message[self.span_id.clone()]),
        ) else {
            return false;
        };
        self.parent = match &message[self.parent_id.clone()] {
            [] => [0; 8],
            parent => match <[u8; 8]>::try_from(parent) {
                Ok(parent) => parent,
                Err(_) => return false,
            },
        };
        self.trace = trace;
        self.span = span;
        trace != [0; 16] && span != [0; 8]
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
