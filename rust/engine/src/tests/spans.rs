//! Spans and messages for tests, written with prost.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Link;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use crate::{Engine, Timestamp};

/// A span of trace `trace` with the id `id`, from `start` to `end` milliseconds after [`EPOCH`].
#[derive(Clone, Debug)]
pub(crate) struct TestSpan {
    pub span: Span,
    pub service: String,
}

/// In milliseconds.
pub(crate) const EPOCH: u64 = 1_700_000_000_000;

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp((EPOCH + millis) * 1_000_000)
}

/// A root.
pub(crate) fn span(trace: u8, id: u8, name: &str, start: u64, end: u64) -> TestSpan {
    TestSpan {
        span: Span {
            trace_id: vec![trace; 16],
            span_id: vec![id; 8],
            name: name.to_owned(),
            kind: 1,
            start_time_unix_nano: at(start).0,
            end_time_unix_nano: at(end).0,
            ..Span::default()
        },
        service: "shop".to_owned(),
    }
}

impl TestSpan {
    pub fn under(mut self, parent: u8) -> TestSpan {
        self.span.parent_span_id = vec![parent; 8];
        self
    }

    pub fn with(mut self, key: &str, value: Value) -> TestSpan {
        self.span.attributes.push(KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        });
        self
    }

    pub fn int(self, key: &str, value: i64) -> TestSpan {
        self.with(key, Value::IntValue(value))
    }

    pub fn text(self, key: &str, value: &str) -> TestSpan {
        self.with(key, Value::StringValue(value.to_owned()))
    }

    /// With a link to a span of its trace.
    pub fn linked(mut self, span: u8) -> TestSpan {
        self.span.links.push(Link {
            trace_id: self.span.trace_id.clone(),
            span_id: vec![span; 8],
            ..Link::default()
        });
        self
    }

    pub fn skewed(mut self) -> TestSpan {
        self.span.end_time_unix_nano = self.span.start_time_unix_nano - 1;
        self
    }
}

/// One message, each span below a resource of its own.
pub(crate) fn message(spans: &[TestSpan]) -> Vec<u8> {
    let resource_spans = spans
        .iter()
        .map(|span| ResourceSpans {
            resource: Some(Resource {
                attributes: vec![KeyValue {
                    key: "service.name".to_owned(),
                    value: Some(AnyValue {
                        value: Some(Value::StringValue(span.service.clone())),
                    }),
                    ..KeyValue::default()
                }],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                spans: vec![span.span.clone()],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        })
        .collect();
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

impl Engine {
    /// Consumes `spans` as one batch, `millis` after [`EPOCH`].
    pub(crate) fn feed(&self, spans: &[TestSpan], millis: u64) {
        self.consume(&message(spans), at(millis)).unwrap();
    }

    /// Takes all findings, printed as `rule verdict`.
    pub(crate) fn told(&self) -> Vec<String> {
        self.take_findings(usize::MAX)
            .into_iter()
            .map(|finding| {
                let reason = finding
                    .reason
                    .map(|reason| format!("({})", reason.as_str()));
                format!(
                    "{} {}{}",
                    finding.rule.id.0,
                    finding.verdict.as_str(),
                    reason.unwrap_or_default()
                )
            })
            .collect()
    }
}

pub(crate) fn double(value: f64) -> Value {
    Value::DoubleValue(value)
}
