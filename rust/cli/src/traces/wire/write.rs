//! Writes protobuf messages front to back into one growing buffer.
//!
//! A message's length stands before it and is known only after it. Large ones get five bytes for it
//! ahead of time, filled in later as a padded varint; small ones get one byte and are moved up
//! in the rare case that they outgrow it. Nothing is written twice. Wire format: protobuf.dev/programming-guides/encoding.

/// Room for a padded length: five groups of seven bits, 32 GiB.
const PADDED: usize = 5;

/// What a request is split at: about so many bytes are handed on at once.
pub const BATCH: usize = 256 * 1024;

/// The buffer with the message so far.
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    /// Where the message may be split in two.
    cuts: Vec<usize>,
}

/// Where an open message's length will stand.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Open(usize);

impl Writer {
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// All of it, to be taken: whoever leaves another buffer in its place leaves what is to be cleared before more is written.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    pub fn clear(&mut self) {
        self.out.clear();
        self.cuts.clear();
    }

    /// Forgets everything behind the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
        while self.cuts.last().is_some_and(|cut| *cut > len) {
            self.cuts.pop();
        }
    }

    /// Here, between two fields of the outermost message, it may be split.
    pub fn cut(&mut self) {
        self.cuts.push(self.out.len());
    }

    /// The message in pieces of about [`BATCH`] bytes, as far as the cuts allow.
    pub fn batches(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        let mut cuts = self.cuts.iter();
        std::iter::from_fn(move || {
            if start == self.out.len() {
                return None;
            }
            let end = cuts.find(|cut| **cut >= start + BATCH);
            let end = end.copied().unwrap_or(self.out.len());
            let piece = &self.out[start..end];
            start = end;
            Some(piece)
        })
    }

    /// Appends once more what was written at `range`.
    pub fn repeat(&mut self, range: std::ops::Range<usize>) {
        self.out.extend_from_within(range);
    }

    /// Appends whole fields as they are.
    pub fn append(&mut self, fields: &[u8]) {
        self.out.extend_from_slice(fields);
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    #[inline]
    fn tag(&mut self, field: u32, wire: u32) {
        self.varint(u64::from(field << 3 | wire));
    }

    #[inline]
    pub fn uint(&mut self, field: u32, value: u64) {
        self.tag(field, 0);
        self.varint(value);
    }

    #[inline]
    pub fn fixed64(&mut self, field: u32, value: u64) {
        self.tag(field, 1);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    #[inline]
    pub fn fixed32(&mut self, field: u32, value: u32) {
        self.tag(field, 5);
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    #[inline]
    pub fn bytes_field(&mut self, field: u32, value: &[u8]) {
        self.tag(field, 2);
        self.varint(value.len() as u64);
        self.out.extend_from_slice(value);
    }

    /// Opens a message that is likely to be longer than 127 bytes.
    pub fn open(&mut self, field: u32) -> Open {
        self.tag(field, 2);
        let at = self.out.len();
        self.out.extend_from_slice(&[0; PADDED]);
        Open(at)
    }

    pub fn close(&mut self, open: Open) {
        let mut length = (self.out.len() - open.0 - PADDED) as u64;
        for (index, byte) in self.out[open.0..open.0 + PADDED].iter_mut().enumerate() {
            *byte = (length & 0x7f) as u8 | if index < PADDED - 1 { 0x80 } else { 0 };
            length >>= 7;
        }
    }

    /// Opens a message that is likely to fit 127 bytes.
    #[inline]
    pub fn open_short(&mut self, field: u32) -> Open {
        self.tag(field, 2);
        self.out.push(0);
        Open(self.out.len() - 1)
    }

    #[inline]
    pub fn close_short(&mut self, open: Open) {
        let body = open.0 + 1;
        let length = self.out.len() - body;
        if length < 0x80 {
            self.out[open.0] = length as u8;
            return;
        }
        let extra = varint_size(length) - 1;
        self.out.resize(self.out.len() + extra, 0);
        self.out.copy_within(body..body + length, body + extra);
        let mut rest = length;
        for byte in &mut self.out[open.0..open.0 + extra] {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        self.out[open.0 + extra] = rest as u8;
    }

    /// Appends a `KeyValue` with a text: all lengths are known at once, and nearly always one byte each.
    #[inline]
    pub fn text_attribute(&mut self, field: u32, key: &[u8], text: &[u8]) {
        let length = 2 + key.len() + 4 + text.len();
        if length < 0x80 && field < 0x10 {
            let head = [(field << 3 | 2) as u8, length as u8, 0x0a, key.len() as u8];
            self.out.extend_from_slice(&head);
            self.out.extend_from_slice(key);
            let head = [0x12, (2 + text.len()) as u8, 0x0a, text.len() as u8];
            self.out.extend_from_slice(&head);
            self.out.extend_from_slice(text);
            return;
        }
        let behind_length = |length: usize| varint_size(length) + length;
        let value = 1 + behind_length(text.len());
        let entry = 1 + behind_length(key.len()) + 1 + behind_length(value);
        self.tag(field, 2);
        self.varint(entry as u64);
        self.bytes_field(1, key);
        self.tag(2, 2);
        self.varint(value as u64);
        self.bytes_field(1, text);
    }

    /// Appends a `KeyValue` with a value that takes a few bytes, which `fill` writes.
    #[inline]
    pub fn short_attribute(&mut self, field: u32, key: &[u8], fill: impl FnOnce(&mut Writer)) {
        let entry = self.open_short(field);
        self.bytes_field(1, key);
        let value = self.open_short(2);
        fill(self);
        self.close_short(value);
        self.close_short(entry);
    }

    /// Appends a string or bytes field whose content `fill` appends to the buffer.
    #[inline]
    pub fn filled(&mut self, field: u32, fill: impl FnOnce(&mut Vec<u8>)) {
        let open = self.open_short(field);
        fill(&mut self.out);
        self.close_short(open);
    }
}

/// How many bytes a number takes.
#[inline]
fn varint_size(value: usize) -> usize {
    let bits = (usize::BITS - value.leading_zeros()).max(1);
    bits.div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_messages_grow_past_their_byte() {
        for length in [0, 1, 127, 128, 129, 16_383, 16_384, 70_000] {
            let mut writer = Writer::default();
            writer.filled(2, |out| out.resize(out.len() + length, 7));
            let mut plain = Writer::default();
            plain.bytes_field(2, &vec![7; length]);
            assert_eq!(writer.bytes(), plain.bytes(), "{length}");
        }
    }

    #[test]
    fn a_message_is_split_at_its_cuts() {
        let mut writer = Writer::default();
        for _ in 0..5 {
            writer.bytes_field(1, &vec![7; BATCH / 2 + 1]);
            writer.cut();
        }
        writer.bytes_field(1, b"cut off later");
        let whole = writer.bytes().to_vec();
        let pieces: Vec<&[u8]> = writer.batches().collect();
        assert_eq!(pieces.concat(), whole);
        assert_eq!(pieces.len(), 3);
        writer.truncate(10);
        assert_eq!(writer.batches().count(), 1);
        writer.clear();
        assert_eq!(writer.batches().count(), 0);
    }

    #[test]
    fn padded_lengths_decode_to_the_length() {
        let mut writer = Writer::default();
        let open = writer.open(1);
        writer.bytes_field(3, &[9; 300]);
        writer.close(open);
        let mut rest = &writer.bytes()[1..];
        let length = prost::encoding::decode_varint(&mut rest);
        assert_eq!(length.ok(), Some(303));
        assert_eq!(rest.len(), 303);
    }
}
