//! Zipkin v2 JSON, one span at a time.
//!
//! The two halves of a call may share one span id and stay two spans, told apart by kind and service.
//! Tags are text, as sent; `error` and `otel.status_code` make the status, annotations become events.
//! Times are microseconds since the Unix epoch.

use super::jaeger::{kind, micros, status_code};
use super::tree::Tree;
use super::write::Writer;

/// Tags that become fields of the span or of its scope.
const SPOKEN_FOR: [&[u8]; 7] = [
    b"otel.status_code",
    b"otel.status_description",
    b"otel.scope.name",
    b"otel.scope.version",
    b"otel.library.name",
    b"otel.library.version",
    b"w3c.tracestate",
];

/// Writes one span as `ResourceSpans`.
pub fn span(span: &Tree<'_>, w: &mut Writer) {
    let open = w.open(1);
    let resource = w.open_short(1);
    let service = span.get("localEndpoint").get("serviceName");
    if service.text().is_some_and(|name| !name.is_empty()) {
        service.write_attribute(w, 1, b"service.name", b"");
    }
    w.close_short(resource);
    let scope_spans = w.open(2);
    let tags = span.get("tags");
    let scope = w.open_short(1);
    for (field, names) in [
        (1, ["otel.scope.name", "otel.library.name"]),
        (2, ["otel.scope.version", "otel.library.version"]),
    ] {
        if let Some(text) = names.iter().find_map(|name| tags.get(name).text()) {
            w.bytes_field(field, text);
        }
    }
    w.close_short(scope);
    write_span(span, w);
    w.close(scope_spans);
    w.close(open);
}

fn write_span(span: &Tree<'_>, w: &mut Writer) {
    let open = w.open(2);
    let tags = span.get("tags");
    if let Some(id) = span.get("traceId").id::<16>() {
        w.bytes_field(1, &id);
    }
    if let Some(id) = span.get("id").id::<8>() {
        w.bytes_field(2, &id);
    }
    if let Some(state) = tags.get("w3c.tracestate").text() {
        w.bytes_field(3, state);
    }
    if let Some(id) = span.get("parentId").id::<8>() {
        w.bytes_field(4, &id);
    }
    if let Some(name) = span.get("name").text() {
        w.bytes_field(5, name);
    }
    let kind = kind(span.get("kind"))
        .or_else(|| self::kind(tags.get("span.kind")))
        .unwrap_or(0);
    w.uint(6, kind);
    let start = micros(span.get("timestamp"));
    w.fixed64(7, start);
    w.fixed64(8, start.saturating_add(micros(span.get("duration"))));
    for (key, value) in tags.members() {
        if !SPOKEN_FOR.contains(&key.as_slice()) {
            value.write_attribute(w, 9, key, b"");
        }
    }
    let remote = span.get("remoteEndpoint");
    if let service @ Tree::Text(_) = remote.get("serviceName") {
        service.write_attribute(w, 9, b"peer.service", b"");
    }
    for address in [remote.get("ipv4"), remote.get("ipv6")] {
        if address.text().is_some() {
            address.write_attribute(w, 9, b"network.peer.address", b"");
        }
    }
    if let port @ Tree::Number(_) = remote.get("port") {
        port.write_attribute(w, 9, b"network.peer.port", b"");
    }
    for annotation in span.get("annotations").list() {
        let event = w.open_short(11);
        w.fixed64(1, micros(annotation.get("timestamp")));
        if let Some(name) = annotation.get("value").text() {
            w.bytes_field(2, name);
        }
        w.close_short(event);
    }
    status(tags, w);
    w.close(open);
}

fn status(tags: &Tree<'_>, w: &mut Writer) {
    let code = match (tags.get("otel.status_code").text(), tags.get("error")) {
        (Some(code), _) => status_code(code),
        (None, Tree::Null) => 0,
        (None, error) if error.boolean() == Some(false) => 0,
        (None, _) => 2,
    };
    let open = w.open_short(15);
    if let Some(message) = tags.get("otel.status_description").text() {
        w.bytes_field(2, message);
    }
    w.uint(3, code);
    w.close_short(open);
}
