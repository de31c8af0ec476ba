//! What a scan must see, read plainly from what prost has decoded.

use betrace_engine::internals::{OwnedValue, Value, array_elements};
use betrace_lang::rule::{Alternative, Field, Intrinsic, ReadAt, Reading, Scope};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::words::KEYS;

/// A value by meaning: arrays by their elements, decimals by their bits.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    Missing,
    Text(Vec<u8>),
    Int(i64),
    Float(u64),
    Bool(bool),
    Bytes(Vec<u8>),
    Other,
    Duration(Option<u64>),
    Array(Vec<Plain>),
    List(Vec<Plain>),
}

pub fn plain(value: Value<'_>) -> Plain {
    match value {
        Value::Missing => Plain::Missing,
        Value::Text(text) => Plain::Text(text.to_vec()),
        Value::Int(value) => Plain::Int(value),
        Value::Float(value) => Plain::Float(value.to_bits()),
        Value::Bool(value) => Plain::Bool(value),
        Value::Bytes(bytes) => Plain::Bytes(bytes.to_vec()),
        Value::Other => Plain::Other,
        Value::Duration(value) => Plain::Duration(value),
        Value::Array(encoded) => Plain::Array(array_elements(encoded).map(plain).collect()),
    }
}

pub fn plain_owned(value: &OwnedValue) -> Plain {
    match value {
        OwnedValue::List(values) => Plain::List(values.iter().map(plain_owned).collect()),
        OwnedValue::Rows { count, values } => {
            let mut list = vec![Plain::Missing; *count as usize];
            for (row, value) in values {
                list[*row as usize] = plain_owned(value);
            }
            Plain::List(list)
        }
        one => plain(one.as_value()),
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub trace: Vec<u8>,
    pub span: Vec<u8>,
    pub parent: Option<Vec<u8>>,
    pub name: Vec<u8>,
    pub kind: i32,
    pub start: u64,
    pub end: u64,
    pub status: i32,
    pub service: Vec<u8>,
    pub values: Vec<Plain>,
}

/// Every field over the generator's keys, and every intrinsic of a span.
pub fn fields() -> Vec<Field> {
    let mut fields = Vec::new();
    for key in KEYS {
        for scope in [
            Scope::SpanThenResource,
            Scope::Span,
            Scope::Resource,
            Scope::Instrumentation,
            Scope::Event,
            Scope::Link,
        ] {
            fields.push(Field::Attribute {
                scope,
                key: key.into(),
            });
        }
    }
    for intrinsic in [
        Intrinsic::SpanName,
        Intrinsic::SpanKind,
        Intrinsic::SpanStatus,
        Intrinsic::SpanStatusMessage,
        Intrinsic::SpanDuration,
        Intrinsic::SpanId,
        Intrinsic::SpanParentId,
        Intrinsic::TraceId,
        Intrinsic::EventName,
        Intrinsic::EventTimeSinceStart,
        Intrinsic::LinkTraceId,
        Intrinsic::LinkSpanId,
        Intrinsic::InstrumentationName,
        Intrinsic::InstrumentationVersion,
    ] {
        fields.push(Field::Intrinsic(intrinsic));
    }
    fields
}

/// The spans that a scan must visit, and how many it must pass over.
pub fn read(request: &ExportTraceServiceRequest, fields: &[Field]) -> (Vec<Seen>, u64) {
    let mut seen = Vec::new();
    let mut malformed = 0;
    for resource_spans in &request.resource_spans {
        let resource = resource_spans.resource.clone().unwrap_or_default();
        for scope_spans in &resource_spans.scope_spans {
            let scope = scope_spans.scope.clone().unwrap_or_default();
            for span in &scope_spans.spans {
                let around = Around {
                    resource: &resource,
                    scope: &scope,
                    span,
                };
                match around.read(fields) {
                    Some(span) => seen.push(span),
                    None => malformed += 1,
                }
            }
        }
    }
    (seen, malformed)
}

struct Around<'m> {
    resource: &'m Resource,
    scope: &'m InstrumentationScope,
    span: &'m Span,
}

impl Around<'_> {
    fn read(&self, fields: &[Field]) -> Option<Seen> {
        let span = self.span;
        let zero = |id: &[u8]| id.iter().all(|byte| *byte == 0);
        let well_formed = span.trace_id.len() == 16
            && !zero(&span.trace_id)
            && span.span_id.len() == 8
            && !zero(&span.span_id)
            && matches!(span.parent_span_id.len(), 0 | 8);
        if !well_formed {
            return None;
        }
        let service = match first(&self.resource.attributes, "service.name") {
            Plain::Text(name) => name,
            _ => Vec::new(),
        };
        Some(Seen {
            trace: span.trace_id.clone(),
            span: span.span_id.clone(),
            parent: (!zero(&span.parent_span_id)).then(|| span.parent_span_id.clone()),
            name: span.name.clone().into_bytes(),
            kind: span.kind,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
            status: span.status.as_ref().map_or(0, |status| status.code),
            service,
            values: fields.iter().map(|field| self.value(field)).collect(),
        })
    }

    fn value(&self, field: &Field) -> Plain {
        let span = self.span;
        match field {
            Field::Attribute { scope, key } => match scope {
                Scope::Span => first(&span.attributes, key),
                Scope::Resource => first(&self.resource.attributes, key),
                Scope::SpanThenResource => match first(&span.attributes, key) {
                    Plain::Missing => first(&self.resource.attributes, key),
                    value => value,
                },
                Scope::Instrumentation => first(&self.scope.attributes, key),
                Scope::Event => list(
                    span.events
                        .iter()
                        .map(|event| first(&event.attributes, key)),
                ),
                Scope::Link => list(span.links.iter().map(|link| first(&link.attributes, key))),
            },
            Field::Intrinsic(intrinsic) => self.intrinsic(*intrinsic),
            Field::FirstOf(field) => {
                let made = field.of.iter().map(|one| self.made(one));
                let mut present = made.filter(|value| *value != Plain::Missing);
                present.next().unwrap_or(Plain::Missing)
            }
            Field::Bound { field, .. } => self.value(field),
        }
    }

    fn origin(&self, origin: &ReadAt) -> Plain {
        match origin {
            ReadAt::Attribute(key) => self.value(&Field::Attribute {
                scope: Scope::SpanThenResource,
                key: (&**key).into(),
            }),
            ReadAt::Event(key) => {
                let events = self.span.events.iter();
                let mut values = events.map(|event| first(&event.attributes, key));
                values
                    .find(|value| *value != Plain::Missing)
                    .unwrap_or(Plain::Missing)
            }
            ReadAt::Intrinsic(intrinsic) => self.intrinsic(*intrinsic),
        }
    }

    fn made(&self, one: &Alternative) -> Plain {
        if let Some(proviso) = &one.proviso
            && self.origin(&proviso.origin) != text(&proviso.text)
        {
            return Plain::Missing;
        }
        match (&one.reading, self.origin(&one.origin)) {
            (Reading::AsItIs, value) => value,
            (Reading::Mapped(table), value) => {
                let shortest = match value {
                    Plain::Text(text) => text,
                    Plain::Int(value) => value.to_string().into_bytes(),
                    Plain::Bool(value) => value.to_string().into_bytes(),
                    Plain::Float(bits) => match f64::from_bits(bits) {
                        0.0 => b"0".to_vec(),
                        value if value.is_finite() => value.to_string().into_bytes(),
                        _ => return Plain::Missing,
                    },
                    _ => return Plain::Missing,
                };
                let row = table.iter().find(|(from, _)| from.as_bytes() == shortest);
                row.map_or(Plain::Missing, |(_, to)| text(to))
            }
            (Reading::Part(pattern), Plain::Text(value)) => {
                let pattern = regex::bytes::Regex::new(pattern).unwrap();
                let group = pattern.captures(&value).and_then(|found| found.get(1));
                group.map_or(Plain::Missing, |part| Plain::Text(part.as_bytes().to_vec()))
            }
            (Reading::Word { pattern, word }, Plain::Text(value)) => {
                let pattern = regex::bytes::Regex::new(pattern).unwrap();
                match pattern.is_match(&value) {
                    true => text(word),
                    false => Plain::Missing,
                }
            }
            (Reading::Part(_) | Reading::Word { .. }, _) => Plain::Missing,
        }
    }

    fn intrinsic(&self, intrinsic: Intrinsic) -> Plain {
        let span = self.span;
        let hex = |id: &[u8]| {
            Plain::Text(
                id.iter()
                    .flat_map(|byte| format!("{byte:02x}").into_bytes())
                    .collect(),
            )
        };
        let status = span.status.clone().unwrap_or_default();
        match intrinsic {
            Intrinsic::SpanName => text(&span.name),
            Intrinsic::SpanKind => text(match span.kind {
                1 => "internal",
                2 => "server",
                3 => "client",
                4 => "producer",
                5 => "consumer",
                _ => "unspecified",
            }),
            Intrinsic::SpanStatus => text(match status.code {
                1 => "ok",
                2 => "error",
                _ => "unset",
            }),
            Intrinsic::SpanStatusMessage => non_empty(&status.message),
            Intrinsic::SpanDuration => {
                let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
                Plain::Duration((start != 0 && end != 0 && end >= start).then(|| end - start))
            }
            Intrinsic::SpanId => hex(&span.span_id),
            Intrinsic::SpanParentId => match &span.parent_span_id[..] {
                [] | [0, 0, 0, 0, 0, 0, 0, 0] => Plain::Missing,
                parent => hex(parent),
            },
            Intrinsic::TraceId => hex(&span.trace_id),
            Intrinsic::EventName => list(span.events.iter().map(|event| non_empty(&event.name))),
            Intrinsic::EventTimeSinceStart => list(span.events.iter().map(|event| {
                let (start, time) = (span.start_time_unix_nano, event.time_unix_nano);
                match start != 0 && time != 0 && time >= start {
                    true => Plain::Duration(Some(time - start)),
                    false => Plain::Missing,
                }
            })),
            Intrinsic::LinkTraceId => list(span.links.iter().map(|link| id(&link.trace_id, 16))),
            Intrinsic::LinkSpanId => list(span.links.iter().map(|link| id(&link.span_id, 8))),
            Intrinsic::InstrumentationName => non_empty(&self.scope.name),
            Intrinsic::InstrumentationVersion => non_empty(&self.scope.version),
            _ => Plain::Missing,
        }
    }
}

fn text(text: &str) -> Plain {
    Plain::Text(text.as_bytes().to_vec())
}

fn non_empty(value: &str) -> Plain {
    if value.is_empty() {
        Plain::Missing
    } else {
        text(value)
    }
}

/// An id of another length, or of zeros, is none.
fn id(id: &[u8], length: usize) -> Plain {
    if id.len() == length && id.iter().any(|byte| *byte != 0) {
        let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        text(&digits)
    } else {
        Plain::Missing
    }
}

/// One for each event or link.
fn list(values: impl Iterator<Item = Plain>) -> Plain {
    let values: Vec<Plain> = values.collect();
    if values.is_empty() {
        Plain::Missing
    } else {
        Plain::List(values)
    }
}

fn first(attributes: &[KeyValue], key: &str) -> Plain {
    attributes
        .iter()
        .find(|pair| pair.key == key)
        .and_then(|pair| pair.value.as_ref())
        .map_or(Plain::Missing, decoded)
}

fn decoded(value: &AnyValue) -> Plain {
    match &value.value {
        None => Plain::Missing,
        Some(any_value::Value::StringValue(value)) => text(value),
        Some(any_value::Value::IntValue(value)) => Plain::Int(*value),
        Some(any_value::Value::DoubleValue(value)) => Plain::Float(value.to_bits()),
        Some(any_value::Value::BoolValue(value)) => Plain::Bool(*value),
        Some(any_value::Value::BytesValue(value)) => Plain::Bytes(value.clone()),
        Some(any_value::Value::KvlistValue(_)) => Plain::Other,
        Some(any_value::Value::ArrayValue(array)) => {
            Plain::Array(array.values.iter().map(decoded).collect())
        }
        // A reference into a dictionary that requests do not carry.
        Some(_) => Plain::Missing,
    }
}
