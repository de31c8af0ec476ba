//! From Jaeger's model of a span to OTLP's, field by field as `pkg/translator/jaeger` of the Collector
//! v0.158 does it; `docs/formats.md` has the table of the rules.

use std::borrow::Cow;

use super::record::{Attributes, Event, Link, Record, Status, Value};

pub type Tags<'t> = Vec<(Cow<'t, [u8]>, Value<'t>)>;

/// Times are nanoseconds since the Unix epoch.
pub struct Span<'t> {
    pub trace: [u8; 16],
    pub span: [u8; 8],
    pub name: Cow<'t, [u8]>,
    pub is_sampled: bool,
    pub start: u64,
    pub end: u64,
    pub references: Vec<Reference>,
    pub tags: Tags<'t>,
    pub logs: Vec<Log<'t>>,
    pub process: Option<Process<'t>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub trace: [u8; 16],
    pub span: [u8; 8],
    /// `FOLLOWS_FROM`, else `CHILD_OF`.
    pub follows: bool,
}

pub struct Log<'t> {
    pub time: u64,
    pub fields: Tags<'t>,
}

pub struct Process<'t> {
    pub service: Cow<'t, [u8]>,
    pub tags: Tags<'t>,
}

impl<'t> Span<'t> {
    #[must_use]
    pub fn translate(mut self) -> Record<'t> {
        let (scope_name, scope_version) = scope(&mut self.tags);
        let parent = self.parent();
        let mut attributes = attributes(self.tags);
        let kind = attributes
            .take("span.kind")
            .map_or(0, |kind| kind_of(kind.text()));
        let status = status(&mut attributes, kind);
        let state = attributes.take("w3c.tracestate");
        let links = self
            .references
            .iter()
            .filter(|r| r.follows || r.span != parent.unwrap_or_default());
        Record {
            resource: self.process.map(resource).unwrap_or_default(),
            scope_name,
            scope_version,
            trace: self.trace,
            span: self.span,
            parent,
            state: state.map(Value::into_text).unwrap_or_default(),
            flags: u32::from(self.is_sampled),
            name: self.name,
            kind,
            start: self.start,
            end: self.end,
            attributes,
            events: self.logs.into_iter().map(event).collect(),
            links: links.map(link).collect(),
            status,
        }
    }

    /// The first reference within the trace that is `CHILD_OF`, else the first within it at all.
    fn parent(&self) -> Option<[u8; 8]> {
        let own = || self.references.iter().filter(|r| r.trace == self.trace);
        let parent = own().find(|r| !r.follows).or_else(|| own().next());
        parent.map(|r| r.span).filter(|span| *span != [0; 8])
    }
}

/// Takes the scope's tags: the first of that name, and the version only with it.
fn scope<'t>(tags: &mut Tags<'t>) -> (Cow<'t, [u8]>, Cow<'t, [u8]>) {
    let mut take = |key: &[u8]| {
        let at = tags.iter().position(|(k, _)| **k == *key)?;
        Some(tags.remove(at).1.into_text())
    };
    match take(b"otel.scope.name") {
        Some(name) => (name, take(b"otel.scope.version").unwrap_or_default()),
        None => Default::default(),
    }
}

const HTTP_STATUS: &str = "http.status_code";
const HTTP_STATUS_NEW: &str = "http.response.status_code";

/// Tags as attributes. The receiver puts the newer HTTP status key under the older one; here it stays
/// as well, as the receiver's gate `pkg.translator.jaeger.EmitV1HttpConventions` has it.
fn attributes(tags: Tags<'_>) -> Attributes<'_> {
    let mut attributes = Attributes::default();
    for (key, value) in tags {
        if *key == *HTTP_STATUS_NEW.as_bytes() {
            attributes.put(HTTP_STATUS.as_bytes(), value.clone());
        }
        attributes.put(key, value);
    }
    attributes
}

fn resource(process: Process<'_>) -> Attributes<'_> {
    // What the Collector's exporters write where there was no service name.
    if *process.service == *b"OTLPResourceNoServiceName" {
        return Attributes::default();
    }
    let mut resource = Attributes::default();
    if !process.service.is_empty() {
        resource.put(b"service.name".as_slice(), Value::Text(process.service));
    }
    for (key, value) in attributes(process.tags).into_pairs() {
        resource.put(key, value);
    }
    if resource.get("host.name").is_none()
        && let Some(host) = resource.take("hostname")
    {
        resource.put(b"host.name".as_slice(), host);
    }
    if resource.get("opencensus.exporterversion").is_none()
        && let Some(version) = resource.take("jaeger.version")
    {
        let version = [b"Jaeger-", version.text()].concat();
        resource.put_text("opencensus.exporterversion", version);
    }
    resource
}

fn kind_of(name: &[u8]) -> u64 {
    match name {
        b"internal" => 1,
        b"server" => 2,
        b"client" => 3,
        b"producer" => 4,
        b"consumer" => 5,
        _ => 0,
    }
}

/// `error` of type bool, else `otel.status_code`, else the HTTP status. The tags that were read are
/// taken away.
fn status<'t>(attributes: &mut Attributes<'t>, kind: u64) -> Status<'t> {
    let mut status = Status::default();
    let mut is_told = false;
    if matches!(attributes.get("error"), Some(Value::Bool(true))) {
        attributes.take("error");
        is_told = true;
        status.code = 2;
        let message = attributes
            .take("otel.status_description")
            .or_else(|| attributes.get("http.status_message").cloned());
        status.message = message.map(Value::into_text).unwrap_or_default();
    }
    if let Some(code) = attributes.take("otel.status_code") {
        if !is_told {
            status.code = match code.text().to_ascii_uppercase().as_slice() {
                b"OK" => 1,
                b"ERROR" => 2,
                _ => 0,
            };
            let message = attributes.take("otel.status_description");
            status.message = message.map(Value::into_text).unwrap_or_default();
        }
    } else if !is_told
        && let Some(code) = attributes.get(HTTP_STATUS).and_then(http_code)
        && is_error(code, kind)
    {
        status.code = 2;
        let message = attributes.get("http.status_message").cloned();
        status.message = message.map(Value::into_text).unwrap_or_default();
    }
    status
}

fn http_code(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(code) => Some(*code),
        Value::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

/// A code of 400 to 499 is none of a server's; 399 and what is no code are errors for the receiver.
fn is_error(code: i64, kind: u64) -> bool {
    match code {
        400..500 if kind == 2 => false,
        // Not 399: the receiver takes it for an error.
        100..=398 => false,
        _ => true,
    }
}

fn event(log: Log<'_>) -> Event<'_> {
    let mut attributes = attributes(log.fields);
    let name = attributes.take("event");
    Event {
        time: log.time,
        name: name.map(Value::into_text).unwrap_or_default(),
        attributes,
        dropped_attributes: 0,
    }
}

fn link<'t>(reference: &Reference) -> Link<'t> {
    let mut attributes = Attributes::default();
    let kind = if reference.follows {
        "follows_from"
    } else {
        "child_of"
    };
    attributes.put(b"opentracing.ref_type".as_slice(), kind.into());
    Link {
        trace: reference.trace,
        span: reference.span,
        attributes,
        ..Link::default()
    }
}
