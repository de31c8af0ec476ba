//! One span of a shape that is no OTLP, gathered from its parts and then written as OTLP.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

#[derive(Clone, Debug, PartialEq)]
pub enum Value<'t> {
    Text(Cow<'t, [u8]>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Vec<u8>),
    /// As it stands in JSON.
    Json(&'t Tree<'t>),
}

impl<'t> Value<'t> {
    /// The text, or nothing where it is something else.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        match self {
            Value::Text(text) | Value::Json(Tree::Text(text)) => text,
            _ => b"",
        }
    }

    #[must_use]
    pub fn into_text(self) -> Cow<'t, [u8]> {
        match self {
            Value::Text(text) => text,
            other => Cow::Owned(other.text().to_vec()),
        }
    }

    fn write(&self, w: &mut Writer) {
        match self {
            Value::Text(text) => w.bytes_field(1, text),
            Value::Bool(value) => w.uint(2, u64::from(*value)),
            Value::Int(value) => w.uint(3, value.cast_unsigned()),
            Value::Double(value) => w.fixed64(4, value.to_bits()),
            Value::Bytes(bytes) => w.bytes_field(7, bytes),
            Value::Json(tree) => tree.write_any(w),
        }
    }
}

impl From<&'static str> for Value<'_> {
    fn from(text: &'static str) -> Self {
        Value::Text(Cow::Borrowed(text.as_bytes()))
    }
}

/// Attributes by key: the last one put under a key is the one that counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes<'t>(Vec<(Cow<'t, [u8]>, Value<'t>)>);

impl<'t> Attributes<'t> {
    pub fn put(&mut self, key: impl Into<Cow<'t, [u8]>>, value: Value<'t>) {
        self.0.push((key.into(), value));
    }

    pub fn put_text(&mut self, key: &'static str, text: impl Into<Cow<'t, [u8]>>) {
        self.put(key.as_bytes(), Value::Text(text.into()));
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value<'t>> {
        let found = self.0.iter().rfind(|(k, _)| **k == *key.as_bytes());
        found.map(|(_, value)| value)
    }

    /// Removes a key and hands out its value.
    pub fn take(&mut self, key: &str) -> Option<Value<'t>> {
        let at = self.0.iter().rposition(|(k, _)| **k == *key.as_bytes())?;
        let (_, value) = self.0.remove(at);
        self.0.retain(|(k, _)| **k != *key.as_bytes());
        Some(value)
    }

    /// Every pair in its order, overwritten ones too.
    pub fn into_pairs(self) -> impl Iterator<Item = (Cow<'t, [u8]>, Value<'t>)> {
        self.0.into_iter()
    }

    /// Keeps the keys that `keep` wants.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        self.0.retain(|(key, _)| keep(key));
    }

    /// Members of an object as they stand; what is no object is nothing.
    #[must_use]
    pub fn of_members(object: &'t Tree<'t>) -> Self {
        let pairs = object.members().iter();
        Attributes(
            pairs
                .map(|(key, value)| (Cow::Borrowed(key.as_slice()), Value::Json(value)))
                .collect(),
        )
    }

    fn write(&self, w: &mut Writer, field: u32) {
        /// Up to here looking through the list beats a table.
        const FEW: usize = 16;
        let mut last = HashMap::new();
        if self.0.len() > FEW {
            last = self
                .0
                .iter()
                .enumerate()
                .map(|(at, (key, _))| (&**key, at))
                .collect();
        }
        for (at, (key, value)) in self.0.iter().enumerate() {
            let is_last = if last.is_empty() {
                self.0[at + 1..].iter().all(|(later, _)| later != key)
            } else {
                last.get(&**key) == Some(&at)
            };
            if !is_last {
                continue;
            }
            let pair = w.open_short(field);
            w.bytes_field(1, key);
            let inner = w.open_short(2);
            value.write(w);
            w.close_short(inner);
            w.close_short(pair);
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event<'t> {
    pub time: u64,
    pub name: Cow<'t, [u8]>,
    pub attributes: Attributes<'t>,
    pub dropped_attributes: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link<'t> {
    pub trace: [u8; 16],
    pub span: [u8; 8],
    pub state: Cow<'t, [u8]>,
    pub attributes: Attributes<'t>,
    pub dropped_attributes: u32,
}

/// `Status` in OTLP.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status<'t> {
    /// Unset 0, ok 1, error 2.
    pub code: u64,
    pub message: Cow<'t, [u8]>,
}

/// A span with all that it stands in. Times are nanoseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'t> {
    pub resource: Attributes<'t>,
    pub scope_name: Cow<'t, [u8]>,
    pub scope_version: Cow<'t, [u8]>,
    pub trace: [u8; 16],
    pub span: [u8; 8],
    pub parent: Option<[u8; 8]>,
    pub state: Cow<'t, [u8]>,
    pub flags: u32,
    pub name: Cow<'t, [u8]>,
    /// As in OTLP.
    pub kind: u64,
    pub start: u64,
    pub end: u64,
    pub attributes: Attributes<'t>,
    pub events: Vec<Event<'t>>,
    pub links: Vec<Link<'t>>,
    pub status: Status<'t>,
}

impl Record<'_> {
    /// Appends the span as `ResourceSpans` of its own.
    pub fn write(&self, w: &mut Writer) {
        w.cut();
        let group = w.open(1);
        let resource = w.open_short(1);
        self.resource.write(w, 1);
        w.close_short(resource);
        let scope_spans = w.open(2);
        let scope = w.open_short(1);
        text(w, 1, &self.scope_name);
        text(w, 2, &self.scope_version);
        w.close_short(scope);
        self.write_span(w);
        w.close(scope_spans);
        w.close(group);
    }

    fn write_span(&self, w: &mut Writer) {
        let open = w.open(2);
        w.bytes_field(1, &self.trace);
        w.bytes_field(2, &self.span);
        text(w, 3, &self.state);
        if let Some(parent) = self.parent {
            w.bytes_field(4, &parent);
        }
        text(w, 5, &self.name);
        w.uint(6, self.kind);
        w.fixed64(7, self.start);
        w.fixed64(8, self.end);
        self.attributes.write(w, 9);
        for event in &self.events {
            let open = w.open_short(11);
            w.fixed64(1, event.time);
            text(w, 2, &event.name);
            event.attributes.write(w, 3);
            number(w, 4, event.dropped_attributes);
            w.close_short(open);
        }
        for link in &self.links {
            let open = w.open_short(13);
            w.bytes_field(1, &link.trace);
            w.bytes_field(2, &link.span);
            text(w, 3, &link.state);
            link.attributes.write(w, 4);
            number(w, 5, link.dropped_attributes);
            w.close_short(open);
        }
        let status = w.open_short(15);
        text(w, 2, &self.status.message);
        w.uint(3, self.status.code);
        w.close_short(status);
        if self.flags != 0 {
            w.fixed32(16, self.flags);
        }
        w.close(open);
    }
}

fn text(w: &mut Writer, field: u32, text: &[u8]) {
    if !text.is_empty() {
        w.bytes_field(field, text);
    }
}

fn number(w: &mut Writer, field: u32, number: u32) {
    if number != 0 {
        w.uint(field, u64::from(number));
    }
}
