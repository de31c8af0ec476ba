//! Cuts a message down to what OTLP JSON can say and the reader promises to keep.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;

/// How deep values lie inside each other.
const DEPTH: usize = 4;

pub fn as_json_can_say(request: &mut ExportTraceServiceRequest) {
    for group in &mut request.resource_spans {
        let resource = group.resource.get_or_insert_default();
        resource.entity_refs.clear();
        keep(&mut resource.attributes, DEPTH);
        for scope_spans in &mut group.scope_spans {
            keep(&mut scope_spans.scope.get_or_insert_default().attributes, DEPTH);
            scope_spans.spans.retain(has_ids);
            scope_spans.spans.iter_mut().for_each(span);
        }
        group.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    request.resource_spans.retain(|group| !group.scope_spans.is_empty());
}

/// The ids of a span and of its links have the lengths that they must have.
fn has_ids(span: &Span) -> bool {
    let is_id = |id: &[u8], length: usize| id.len() == length && id.iter().any(|byte| *byte != 0);
    is_id(&span.trace_id, 16)
        && is_id(&span.span_id, 8)
        && (span.parent_span_id.is_empty() || is_id(&span.parent_span_id, 8))
        && span.links.iter().all(|link| is_id(&link.trace_id, 16) && is_id(&link.span_id, 8))
}

fn span(span: &mut Span) {
    span.kind = span.kind.rem_euclid(6);
    let status = span.status.get_or_insert_default();
    status.code = status.code.rem_euclid(3);
    keep(&mut span.attributes, DEPTH);
    for event in &mut span.events {
        keep(&mut event.attributes, DEPTH);
    }
    for link in &mut span.links {
        keep(&mut link.attributes, DEPTH);
    }
}

fn keep(attributes: &mut Vec<KeyValue>, depth: usize) {
    attributes.retain_mut(|attribute| {
        attribute.key_strindex = 0;
        attribute.value.as_mut().is_some_and(|value| is_kept(value, depth))
    });
}

fn is_kept(value: &mut AnyValue, depth: usize) -> bool {
    match &mut value.value {
        Some(Value::StringValue(_) | Value::BoolValue(_) | Value::IntValue(_)) => true,
        Some(Value::DoubleValue(number)) => number.is_finite(),
        Some(Value::ArrayValue(array)) if depth > 0 => {
            array.values.retain_mut(|value| is_kept(value, depth - 1));
            true
        }
        Some(Value::KvlistValue(list)) if depth > 0 => {
            keep(&mut list.values, depth - 1);
            true
        }
        _ => false,
    }
}
