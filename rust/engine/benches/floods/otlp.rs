//! OTLP messages written by hand into one buffer that is used again: what a sender holds is his own, so the
//! buffer is taken, and touched, before memory is measured.

/// A message that is being written.
pub struct Message {
    bytes: Vec<u8>,
}

/// One span.
pub struct Span<'a> {
    pub trace: u128,
    pub id: u64,
    /// 0: a root.
    pub parent: u64,
    pub name: &'a str,
    pub start: u64,
    pub end: u64,
    /// The attribute `k`: a text that is told from others by the first, as long as the second.
    pub text: (u64, usize),
    /// The attribute `n`.
    pub number: u64,
}

/// Of the fields `scope_spans` and `spans`.
const WITHIN: u8 = 0x12;
/// Of `resource_spans`, and of a `resource` in it.
const FIRST: u8 = 0x0a;
/// Of a span's attributes.
const ATTRIBUTE: u8 = 0x4a;

impl Message {
    pub fn with_room(bytes: usize) -> Message {
        let mut room = vec![1; bytes];
        room.clear();
        Message { bytes: room }
    }

    /// Begins anew, with the spans of one service.
    pub fn spans<'s>(&mut self, service: &str, spans: impl Iterator<Item = Span<'s>>) -> &[u8] {
        self.bytes.clear();
        self.service(service, spans);
        &self.bytes
    }

    /// Each span from a service of its own.
    pub fn apart<'s>(&mut self, spans: impl Iterator<Item = Span<'s>>) -> &[u8] {
        self.bytes.clear();
        for (index, span) in spans.enumerate() {
            self.service(&format!("service-{index}"), std::iter::once(span));
        }
        &self.bytes
    }

    fn service<'s>(&mut self, service: &str, spans: impl Iterator<Item = Span<'s>>) {
        let of_resource = self.open(FIRST);
        let resource = self.open(FIRST);
        self.attribute(FIRST, "service.name", service.as_bytes(), service.len());
        self.close(resource);
        let scope = self.open(WITHIN);
        for span in spans {
            self.span(&span);
        }
        self.close(scope);
        self.close(of_resource);
    }

    fn span(&mut self, span: &Span<'_>) {
        let at = self.open(WITHIN);
        self.text(0x0a, &span.trace.to_le_bytes());
        self.text(0x12, &span.id.to_le_bytes());
        if span.parent != 0 {
            self.text(0x22, &span.parent.to_le_bytes());
        }
        self.text(0x2a, span.name.as_bytes());
        for (tag, time) in [(0x39, span.start), (0x41, span.end)] {
            self.bytes.push(tag);
            self.bytes.extend_from_slice(&time.to_le_bytes());
        }
        let (text, length) = span.text;
        self.attribute(ATTRIBUTE, "k", format!("{text:016x}").as_bytes(), length);
        let pair = self.open(ATTRIBUTE);
        self.text(0x0a, b"n");
        let value = self.open(0x12);
        self.bytes.push(0x18);
        self.varint(span.number);
        self.close(value);
        self.close(pair);
        self.close(at);
    }

    /// `value` is filled up to `length`.
    fn attribute(&mut self, tag: u8, key: &str, value: &[u8], length: usize) {
        let pair = self.open(tag);
        self.text(0x0a, key.as_bytes());
        let any = self.open(0x12);
        self.bytes.push(0x0a);
        self.varint(length as u64);
        self.bytes.extend_from_slice(value);
        self.bytes
            .resize(self.bytes.len() + length - value.len(), b'x');
        self.close(any);
        self.close(pair);
    }

    fn text(&mut self, tag: u8, text: &[u8]) {
        self.bytes.push(tag);
        self.varint(text.len() as u64);
        self.bytes.extend_from_slice(text);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Begins a field whose length is not known yet: four bytes are kept for it.
    fn open(&mut self, tag: u8) -> usize {
        self.bytes.extend_from_slice(&[tag, 0, 0, 0, 0]);
        self.bytes.len()
    }

    fn close(&mut self, at: usize) {
        let length = self.bytes.len() - at;
        for (index, byte) in self.bytes[at - 4..at].iter_mut().enumerate() {
            let more = if index < 3 { 0x80 } else { 0 };
            *byte = (length >> (7 * index)) as u8 & 0x7f | more;
        }
    }
}
