//! Messages by hand, for tests that write their spans themselves: attributes, and what stands around the spans of one scope.
#![allow(dead_code, reason = "each test uses a part of it")]

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

pub fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

pub fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

/// Spans of no known resource or scope.
pub fn message(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }
}

/// Of one resource.
pub fn message_of(resource: Vec<KeyValue>, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let mut message = message(spans);
    message.resource_spans[0].resource = Some(Resource {
        attributes: resource,
        ..Resource::default()
    });
    message
}

/// Made by the instrumentation of this name.
pub fn scoped(scope: &str, mut message: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    message.resource_spans[0].scope_spans[0].scope = Some(InstrumentationScope {
        name: scope.to_owned(),
        ..InstrumentationScope::default()
    });
    message
}
