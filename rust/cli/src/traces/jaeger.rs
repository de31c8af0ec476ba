//! Jaeger's JSON (what its UI downloads and its query API returns), one trace at a time.
//!
//! Tags that stand for OTLP fields become those fields, as the Collector's Jaeger receiver has it:
//! `span.kind`, `error`, `otel.status_code`, `otel.status_description`, `otel.scope.*`,
//! `http.status_code` where nothing else tells the status. Logs become events, further references links.
//! Times are microseconds since the Unix epoch.

use super::scalar::{self, SPAN_KINDS};
use super::text::Raw;
use super::token::Scalar;
use super::tree::Tree;
use super::write::Writer;

/// Writes one `{"traceID", "spans", "processes"}` as `ResourceSpans`.
pub fn trace(tree: &Tree<'_>, w: &mut Writer) {
    let processes = tree.get("processes");
    for span in tree.get("spans").list() {
        let process = match (span.get("process"), span.get("processID").text()) {
            (process @ Tree::Object(_), _) => process,
            (_, Some(id)) => processes
                .members()
                .iter()
                .find(|(key, _)| key == id)
                .map_or(&Tree::Null, |(_, process)| process),
            _ => &Tree::Null,
        };
        let open = w.open(1);
        resource(process, w);
        let scope_spans = w.open(2);
        let tags = Tags::of(span);
        scope(&tags, w);
        write_span(span, tree, &tags, w);
        w.close(scope_spans);
        w.close(open);
    }
}

fn resource(process: &Tree<'_>, w: &mut Writer) {
    let open = w.open(1);
    if let service @ Tree::Text(_) = process.get("serviceName") {
        service.write_attribute(w, 1, b"service.name", b"");
    }
    for tag in process.get("tags").list() {
        write_tag(tag, w, 1);
    }
    w.close(open);
}

fn write_tag(tag: &Tree<'_>, w: &mut Writer, field: u32) {
    if let Some(key) = tag.get("key").text() {
        let kind = tag.get("type").text().unwrap_or_default();
        tag.get("value").write_attribute(w, field, key, kind);
    }
}

/// A span's tags, and which of them are spoken for.
struct Tags<'t, 'a> {
    all: &'t [Tree<'a>],
    is_error: bool,
    has_status: bool,
}

impl<'t, 'a> Tags<'t, 'a> {
    fn of(span: &'t Tree<'a>) -> Self {
        let mut tags = Tags {
            all: span.get("tags").list(),
            is_error: false,
            has_status: false,
        };
        tags.is_error = tags.get("error").boolean() == Some(true);
        tags.has_status = tags.get("otel.status_code").text().is_some();
        tags
    }

    fn get(&self, name: &str) -> &'t Tree<'a> {
        self.all
            .iter()
            .find(|tag| tag.get("key").text() == Some(name.as_bytes()))
            .map_or(&Tree::Null, |tag| tag.get("value"))
    }

    fn is_spoken_for(&self, key: &[u8]) -> bool {
        match key {
            b"span.kind" => kind(self.get("span.kind")).is_some(),
            b"error" => self.is_error,
            b"otel.status_description" => self.is_error || self.has_status,
            b"otel.status_code" => self.has_status,
            b"otel.scope.name"
            | b"otel.scope.version"
            | b"otel.library.name"
            | b"otel.library.version"
            | b"w3c.tracestate" => true,
            _ => false,
        }
    }

    /// The code of the span's status (unset 0, ok 1, error 2).
    fn status(&self, kind: u64) -> u64 {
        if self.is_error {
            return 2;
        }
        if let Some(code) = self.get("otel.status_code").text() {
            return status_code(code);
        }
        match self.get("http.status_code").uint() {
            Some(500..600) => 2,
            Some(400..500) if kind != 2 => 2,
            _ => 0,
        }
    }
}

/// `OK`, `ERROR` or their numbers; anything else is unset.
pub fn status_code(code: &[u8]) -> u64 {
    let scalar = Scalar::Text(Raw {
        bytes: code,
        escaped: false,
    });
    scalar::choice(&scalar, "STATUS_CODE_", &scalar::STATUS_CODES).unwrap_or(0)
}

/// A span kind by its name.
pub fn kind(name: &Tree<'_>) -> Option<u64> {
    let scalar = Scalar::Text(Raw {
        bytes: name.text()?,
        escaped: false,
    });
    scalar::choice(&scalar, "SPAN_KIND_", &SPAN_KINDS)
}

fn scope(tags: &Tags<'_, '_>, w: &mut Writer) {
    let open = w.open_short(1);
    for (field, names) in [
        (1, ["otel.scope.name", "otel.library.name"]),
        (2, ["otel.scope.version", "otel.library.version"]),
    ] {
        if let Some(text) = names.iter().find_map(|name| tags.get(name).text()) {
            w.bytes_field(field, text);
        }
    }
    w.close_short(open);
}

fn write_span(span: &Tree<'_>, trace: &Tree<'_>, tags: &Tags<'_, '_>, w: &mut Writer) {
    let open = w.open(2);
    let trace_id = span.get("traceID").id().or(trace.get("traceID").id());
    if let Some(id) = trace_id {
        let id: [u8; 16] = id;
        w.bytes_field(1, &id);
    }
    if let Some(id) = span.get("spanID").id::<8>() {
        w.bytes_field(2, &id);
    }
    if let Some(state) = tags.get("w3c.tracestate").text() {
        w.bytes_field(3, state);
    }
    let parent = parent(span, trace_id);
    if let Some(Reference { span: id, .. }) = parent {
        w.bytes_field(4, &id);
    }
    if let Some(name) = span.get("operationName").text() {
        w.bytes_field(5, name);
    }
    let kind = kind(tags.get("span.kind")).unwrap_or(0);
    w.uint(6, kind);
    let start = micros(span.get("startTime"));
    let end = start.saturating_add(micros(span.get("duration")));
    w.fixed64(7, start);
    w.fixed64(8, end);
    for tag in tags.all {
        if !tags.is_spoken_for(tag.get("key").text().unwrap_or_default()) {
            write_tag(tag, w, 9);
        }
    }
    for log in span.get("logs").list() {
        event(log, w);
    }
    for reference in span.get("references").list().iter().filter_map(reference) {
        if Some(reference) != parent {
            let link = w.open_short(13);
            w.bytes_field(1, &reference.trace);
            w.bytes_field(2, &reference.span);
            w.close_short(link);
        }
    }
    let status = w.open_short(15);
    if (tags.is_error || tags.has_status)
        && let Some(message) = tags.get("otel.status_description").text()
    {
        w.bytes_field(2, message);
    }
    w.uint(3, tags.status(kind));
    w.close_short(status);
    w.close(open);
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Reference {
    trace: [u8; 16],
    span: [u8; 8],
}

fn reference(tree: &Tree<'_>) -> Option<Reference> {
    Some(Reference {
        trace: tree.get("traceID").id()?,
        span: tree.get("spanID").id()?,
    })
}

/// `parentSpanID` of older writers, else the first reference of kind CHILD_OF within the trace,
/// else the first one within the trace at all.
fn parent(span: &Tree<'_>, trace_id: Option<[u8; 16]>) -> Option<Reference> {
    let trace = trace_id?;
    if let Some(id) = span.get("parentSpanID").id::<8>()
        && id != [0; 8]
    {
        return Some(Reference { trace, span: id });
    }
    let own = |of_kind: Option<&[u8]>| {
        span.get("references")
            .list()
            .iter()
            .filter(|tree| of_kind.is_none() || tree.get("refType").text() == of_kind)
            .filter_map(reference)
            .find(|reference| reference.trace == trace)
    };
    own(Some(b"CHILD_OF")).or_else(|| own(None))
}

fn event(log: &Tree<'_>, w: &mut Writer) {
    let open = w.open_short(11);
    w.fixed64(1, micros(log.get("timestamp")));
    let fields = log.get("fields").list();
    let name = |key: &[u8]| {
        fields.iter().position(|field| {
            field.get("key").text() == Some(key) && field.get("value").text().is_some()
        })
    };
    let named = name(b"event").or_else(|| name(b"message"));
    if let Some(text) = named.and_then(|index| fields[index].get("value").text()) {
        w.bytes_field(2, text);
    }
    for (index, field) in fields.iter().enumerate() {
        if Some(index) != named {
            write_tag(field, w, 3);
        }
    }
    w.close_short(open);
}

/// Microseconds as nanoseconds; 0, which has no order, where there is no number.
pub fn micros(tree: &Tree<'_>) -> u64 {
    tree.uint().unwrap_or(0).saturating_mul(1000)
}
