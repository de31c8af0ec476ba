//! Spans to OTLP bytes, through opentelemetry-proto and prost: the road that the engine does not take.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as WireSpan, Status, span,
};
use prost::Message;

use crate::model::{Attributes, Event, Link, Span, Value};

/// One export request with these spans in this order. Neighbours of one resource and scope share them.
#[must_use]
pub fn encode<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<u8> {
    let mut groups: Vec<(&Span, Vec<WireSpan>)> = Vec::new();
    for span in spans {
        match groups.last_mut() {
            Some((head, group)) if head.resource == span.resource && head.scope == span.scope => {
                group.push(wire_span(span));
            }
            _ => groups.push((span, vec![wire_span(span)])),
        }
    }
    let resource_spans = groups
        .into_iter()
        .map(|(head, spans)| ResourceSpans {
            resource: Some(Resource {
                attributes: wire_attributes(&head.resource),
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: head.scope.name.clone(),
                    version: head.scope.version.clone(),
                    attributes: wire_attributes(&head.scope.attributes),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        })
        .collect();
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn wire_span(from: &Span) -> WireSpan {
    WireSpan {
        trace_id: from.trace.to_vec(),
        span_id: from.id.to_vec(),
        parent_span_id: from.parent.map(|id| id.to_vec()).unwrap_or_default(),
        name: from.name.clone(),
        kind: from.kind,
        start_time_unix_nano: from.start,
        end_time_unix_nano: from.end,
        attributes: wire_attributes(&from.attributes),
        events: from.events.iter().map(wire_event).collect(),
        links: from.links.iter().map(wire_link).collect(),
        status: (from.status != 0 || !from.message.is_empty()).then(|| Status {
            code: from.status,
            message: from.message.clone(),
        }),
        ..WireSpan::default()
    }
}

fn wire_event(from: &Event) -> span::Event {
    span::Event {
        time_unix_nano: from.time,
        name: from.name.clone(),
        attributes: wire_attributes(&from.attributes),
        ..span::Event::default()
    }
}

fn wire_link(from: &Link) -> span::Link {
    span::Link {
        trace_id: from.trace.to_vec(),
        span_id: from.span.to_vec(),
        attributes: wire_attributes(&from.attributes),
        ..span::Link::default()
    }
}

fn wire_attributes(from: &Attributes) -> Vec<KeyValue> {
    from.iter()
        .map(|(key, value)| KeyValue {
            key: key.clone(),
            value: Some(wire_value(value)),
            ..KeyValue::default()
        })
        .collect()
}

fn wire_value(from: &Value) -> AnyValue {
    use any_value::Value as Wire;
    let value = match from {
        Value::Empty => None,
        Value::Text(text) => Some(Wire::StringValue(text.clone())),
        Value::Bool(value) => Some(Wire::BoolValue(*value)),
        Value::Int(value) => Some(Wire::IntValue(*value)),
        Value::Float(value) => Some(Wire::DoubleValue(*value)),
        Value::Array(values) => Some(Wire::ArrayValue(ArrayValue {
            values: values.iter().map(wire_value).collect(),
        })),
        Value::Map(entries) => Some(Wire::KvlistValue(KeyValueList {
            values: wire_attributes(entries),
        })),
        Value::Bytes(bytes) => Some(Wire::BytesValue(bytes.clone())),
    };
    AnyValue { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_resource_and_nothing_is_lost() {
        let span = |name: &str, service: &str| Span {
            trace: [1; 16],
            id: [2; 8],
            name: name.to_owned(),
            attributes: vec![
                ("n".to_owned(), Value::Int(5)),
                ("n".to_owned(), Value::Empty),
            ],
            resource: vec![("service.name".to_owned(), Value::Text(service.to_owned()))],
            ..Span::default()
        };
        let spans = [
            span("a", "x"),
            span("b", "x"),
            span("c", "y"),
            span("d", "x"),
        ];
        let decoded = ExportTraceServiceRequest::decode(encode(&spans).as_slice()).unwrap();
        let groups = decoded
            .resource_spans
            .iter()
            .map(|group| &group.scope_spans[0].spans);
        let names: Vec<Vec<&str>> = groups
            .map(|spans| spans.iter().map(|span| span.name.as_str()).collect())
            .collect();
        assert_eq!(names, [vec!["a", "b"], vec!["c"], vec!["d"]]);
        let attributes = &decoded.resource_spans[0].scope_spans[0].spans[0].attributes;
        assert_eq!(attributes.len(), 2);
        assert_eq!(attributes[1].value, Some(AnyValue { value: None }));
    }
}
