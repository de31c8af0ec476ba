//! A test's spans as an OTLP request.

use betrace_lang::rule_test::{
    AttributeValue, RuleTest, SpanKind, SpanStatus, TestParent, TestSpan,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

/// When every test's trace begins: 2025-01-01, Unix nanoseconds.
const BEGIN: i64 = 1_735_689_600_000_000_000;

/// Of every test's trace: tests never meet.
const TRACE_ID: [u8; 16] = *b"betrace rul test";
/// Where links lead that do not say where.
const OTHER_TRACE_ID: [u8; 16] = *b"betrace other tr";

/// The id of a test's span.
#[must_use]
pub fn span_id(index: usize) -> [u8; 8] {
    (index as u64 + 1).to_be_bytes()
}

/// Which of a test's spans has that id.
#[must_use]
pub fn index_of(id: [u8; 8]) -> usize {
    usize::try_from(u64::from_be_bytes(id).wrapping_sub(1)).unwrap_or(usize::MAX)
}

/// The bytes of a request for each trace.
#[must_use]
pub fn encode(test: &RuleTest) -> Vec<Vec<u8>> {
    if test.traces.is_empty() {
        return vec![request(&test.spans, TRACE_ID, 0)];
    }
    let each = test.traces.iter();
    let each = each.flat_map(|trace| (0..trace.repeat).map(move |_| trace));
    each.zip(1u64..)
        .map(|(trace, number)| {
            let mut id = TRACE_ID;
            id[8..].copy_from_slice(&number.to_be_bytes());
            request(&trace.spans, id, trace.at)
        })
        .collect()
}

fn request(spans: &[TestSpan], trace: [u8; 16], at: i64) -> Vec<u8> {
    let all = spans.iter().enumerate();
    ExportTraceServiceRequest {
        resource_spans: all
            .map(|(index, span)| resource_spans(index, span, (trace, at)))
            .collect(),
    }
    .encode_to_vec()
}

fn resource_spans(index: usize, span: &TestSpan, of: ([u8; 16], i64)) -> ResourceSpans {
    let service = AttributeValue::Text(span.service.to_string());
    let mut resource = vec![attribute("service.name", &service)];
    resource.extend(attributes(&span.resource));
    let scope = &span.instrumentation;
    ResourceSpans {
        resource: Some(Resource {
            attributes: resource,
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope {
                name: scope.name.clone(),
                version: scope.version.clone(),
                attributes: attributes(&scope.attributes),
                ..InstrumentationScope::default()
            }),
            spans: vec![otlp_span(index, span, of)],
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

fn otlp_span(index: usize, span: &TestSpan, (trace, at): ([u8; 16], i64)) -> Span {
    let time = |since: i64| time(since.saturating_add(at));
    let parent = match span.parent {
        TestParent::Root => Vec::new(),
        TestParent::Span(parent) => span_id(parent).to_vec(),
        // Beyond every id that a test can have.
        TestParent::Lost => (u64::MAX - index as u64).to_be_bytes().to_vec(),
    };
    Span {
        trace_id: trace.to_vec(),
        span_id: span_id(index).to_vec(),
        parent_span_id: parent,
        name: span.name.clone(),
        kind: match span.kind {
            SpanKind::Unspecified => 0,
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: time(span.start),
        end_time_unix_nano: time(span.end),
        attributes: attributes(&span.attributes),
        events: span
            .events
            .iter()
            .map(|event| Event {
                time_unix_nano: time(event.at),
                name: event.name.clone(),
                attributes: attributes(&event.attributes),
                ..Event::default()
            })
            .collect(),
        links: span
            .links
            .iter()
            .map(|link| Link {
                trace_id: link.to.map_or(OTHER_TRACE_ID, |_| trace).to_vec(),
                span_id: span_id(link.to.unwrap_or(index)).to_vec(),
                attributes: attributes(&link.attributes),
                ..Link::default()
            })
            .collect(),
        status: Some(Status {
            message: span.status_message.clone(),
            code: match span.status {
                SpanStatus::Unset => 0,
                SpanStatus::Ok => 1,
                SpanStatus::Error => 2,
            },
        }),
        ..Span::default()
    }
}

fn time(since_begin: i64) -> u64 {
    u64::try_from(BEGIN.saturating_add(since_begin)).unwrap_or(0)
}

fn attributes(all: &[(String, AttributeValue)]) -> Vec<KeyValue> {
    all.iter()
        .map(|(key, value)| attribute(key, value))
        .collect()
}

fn attribute(key: &str, value: &AttributeValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any_value(value)),
        ..KeyValue::default()
    }
}

fn any_value(value: &AttributeValue) -> AnyValue {
    let value = match value {
        AttributeValue::Empty => None,
        AttributeValue::Bool(value) => Some(Value::BoolValue(*value)),
        AttributeValue::Int(value) => Some(Value::IntValue(*value)),
        AttributeValue::Float(value) => Some(Value::DoubleValue(*value)),
        AttributeValue::Text(text) => Some(Value::StringValue(text.clone())),
        AttributeValue::Array(all) => Some(Value::ArrayValue(ArrayValue {
            values: all.iter().map(any_value).collect(),
        })),
        AttributeValue::Map(all) => Some(Value::KvlistValue(KeyValueList {
            values: attributes(all),
        })),
    };
    AnyValue { value }
}
