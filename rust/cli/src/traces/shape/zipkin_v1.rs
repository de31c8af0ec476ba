//! Zipkin v1 JSON, one span at a time, field by field as `pkg/translator/zipkin/zipkinv1` of the
//! Collector v0.158 reads it. Core annotations tell kind and times, binary annotations are tags.
//!
//! Two things differ. A span without any time gets the receiver's own clock there and none here. The
//! marks `sa` and `ca` with the value `true`, at which the receiver refuses the whole request, are read.

use std::borrow::Cow;

use super::field;
use super::record::{Event, Record, Status, Value};
use super::zipkin::NO_START;
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

pub fn span(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let mut record = Record {
        trace: id(tree.get("traceId"), "traceId", 32)?,
        span: id(tree.get("id"), "id", 16)?,
        parent: match tree.get("parentId") {
            Tree::Null => None,
            parent if parent.text() == Some(b"") => None,
            parent => Some(id(parent, "parentId", 16)?),
        },
        name: field::text(tree.get("name"), "name")?,
        ..Record::default()
    };
    let endpoint = annotations(tree.get("annotations"), &mut record)?;
    let fallback = tags(tree.get("binaryAnnotations"), &mut record)?;
    let service = endpoint.get("serviceName").text().or(fallback);
    record
        .resource
        .put_text("service.name", service.unwrap_or(b"unknown-service"));
    for key in ["ipv4", "ipv6"] {
        let address = field::text(endpoint.get(key), key)?;
        if !address.is_empty() {
            record.resource.put_text(key, address);
        }
    }
    if let Some(port) = endpoint.get("port").int().filter(|port| *port != 0) {
        record
            .resource
            .put_text("port", port.to_string().into_bytes());
    }
    let start = field::micros(tree.get("timestamp"), "timestamp")?;
    if start != 0 {
        record.start = start;
        let duration = field::micros(tree.get("duration"), "duration")?;
        record.end = field::end(start, duration)?;
    }
    if record.start == 0 {
        record.end = 0;
        record
            .attributes
            .put(NO_START.as_bytes(), Value::Bool(true));
    }
    record.write(w);
    Ok(())
}

/// 16 hex digits, or 32 where those are allowed.
fn id<const N: usize>(tree: &Tree<'_>, what: &str, longest: usize) -> Result<[u8; N], String> {
    let length = tree.text().map_or(0, <[u8]>::len);
    if length != 16 && length != longest {
        return Err(format!(
            "{what} is no id of 16 hex digits: `{}`",
            field::shown(tree)
        ));
    }
    field::id(tree, what)
}

/// Reads the kind, the times and the events; the endpoint of the first core annotation that has one.
fn annotations<'t>(list: &'t Tree<'t>, record: &mut Record<'t>) -> Result<&'t Tree<'t>, String> {
    const NONE: &Tree<'static> = &Tree::Null;
    let mut endpoint = NONE;
    let mut times: Option<(u64, u64)> = None;
    let mut has_kind = false;
    for annotation in list.list() {
        let value = field::text(annotation.get("value"), "an annotation")?;
        let here = endpoint_of(annotation)?;
        if value.is_empty() {
            continue;
        }
        let time = field::micros(annotation.get("timestamp"), "an annotation's timestamp")?;
        let kind = match &*value {
            b"cs" | b"cr" => Some(3),
            b"ss" | b"sr" => Some(2),
            b"ms" => Some(4),
            b"mr" => Some(5),
            _ => None,
        };
        let (early, late) = times.unwrap_or((time, time));
        times = Some((early.min(time), late.max(time)));
        let Some(kind) = kind else {
            record.events.push(Event {
                time,
                name: value,
                ..Event::default()
            });
            continue;
        };
        if endpoint.is_null()
            && here
                .get("serviceName")
                .text()
                .is_some_and(|name| !name.is_empty())
        {
            endpoint = here;
        }
        if !has_kind {
            record.kind = kind;
            has_kind = true;
        }
    }
    (record.start, record.end) = times.unwrap_or_default();
    Ok(endpoint)
}

/// Where something was seen, as far as its parts are what they should be.
fn endpoint_of<'t>(tree: &'t Tree<'t>) -> Result<&'t Tree<'t>, String> {
    let endpoint = tree.get("endpoint");
    for key in ["serviceName", "ipv4", "ipv6"] {
        field::text(endpoint.get(key), key)?;
    }
    let port = endpoint.get("port");
    let is_port =
        matches!(port, Tree::Number(_)) && port.int().is_some_and(|p| i32::try_from(p).is_ok());
    if !port.is_null() && !is_port {
        return Err(format!("no port: `{}`", field::shown(port)));
    }
    Ok(endpoint)
}

/// Reads the tags; the name of a service that they tell.
fn tags<'t>(list: &'t Tree<'t>, record: &mut Record<'t>) -> Result<Option<&'t [u8]>, String> {
    let mut service = None;
    let mut component = None;
    let mut told = Told::default();
    for tag in list.list() {
        let here = endpoint_of(tag)?.get("serviceName").text();
        service = here.filter(|name| !name.is_empty()).or(service);
        let key = field::text(tag.get("key"), "a binary annotation's key")?;
        let value = match (&*key, tag.get("value")) {
            (b"sa" | b"ca" | b"ma", Tree::Bool(true)) => Cow::Borrowed(b"true".as_slice()),
            (_, value) => field::text(value, "a binary annotation")?,
        };
        let key: Cow<'t, [u8]> = if *key == *b"lc" {
            component = tag.get("value").text();
            Cow::Borrowed(b"component")
        } else {
            key
        };
        if !told.by(&key, &value) {
            record.attributes.put(key, Value::Text(value));
        }
    }
    record.status = told.status();
    Ok(service.or(component.filter(|name| !name.is_empty())))
}

/// What the tags say of the status, from the most to the least trusted.
#[derive(Default)]
struct Told<'t> {
    census: Option<u64>,
    census_message: Cow<'t, [u8]>,
    status: Option<u64>,
    status_message: Cow<'t, [u8]>,
    is_error: bool,
    http: Option<u64>,
    http_message: Cow<'t, [u8]>,
}

impl<'t> Told<'t> {
    /// Whether the tag is used up.
    #[expect(clippy::ptr_arg, reason = "kept as it comes, borrowed or owned")]
    fn by(&mut self, key: &[u8], value: &Cow<'t, [u8]>) -> bool {
        let number = || -> Option<i32> { std::str::from_utf8(value).ok()?.parse().ok() };
        match key {
            b"census.status_code" => {
                let code = number().map(|code| if code == 0 { 1 } else { 2 });
                self.census = code.or(self.census);
            }
            b"census.status_description" | b"opencensus.status_description" => {
                self.census_message = value.clone();
            }
            b"otel.status_code" => {
                // Kept as it is, unknown ones too.
                let code = number().map(|code| i64::from(code).cast_unsigned());
                self.status = code.or(self.status);
            }
            b"otel.status_description" => self.status_message = value.clone(),
            b"error" => self.is_error = true,
            b"http.status_code" | b"http.response.status_code" => {
                let code = number().map(|code| if (100..400).contains(&code) { 0 } else { 2 });
                self.http = code.or(self.http);
                return false;
            }
            b"http.status_message" => {
                self.http_message = value.clone();
                return false;
            }
            _ => return false,
        }
        true
    }

    fn status(self) -> Status<'t> {
        let (code, message) = match (self.census, self.status) {
            (Some(code), _) => (code, self.census_message),
            (None, Some(code)) => (code, self.status_message),
            (None, None) if self.is_error && !self.census_message.is_empty() => {
                (2, self.census_message)
            }
            (None, None) if self.is_error => (2, self.status_message),
            (None, None) => match self.http {
                Some(code) => (code, self.http_message),
                None => Default::default(),
            },
        };
        Status { code, message }
    }
}
