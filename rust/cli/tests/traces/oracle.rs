//! What opentelemetry-proto writes as JSON, the reader turns into the protobuf it came from.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::prelude::*;

use super::support::*;

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::StringValue),
        ".{0,300}".prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        (-1e300f64..1e300).prop_map(Value::DoubleValue),
    ]
    .prop_map(|value| AnyValue { value: Some(value) });
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec(("[a-z.]{1,9}", inner), 0..3).prop_map(|pairs| {
                let values = pairs.into_iter().map(|(k, v)| key_value(k, v)).collect();
                Value::KvlistValue(KeyValueList { values })
            }),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn key_value(key: String, value: AnyValue) -> KeyValue {
    KeyValue {
        key,
        value: Some(value),
        ..KeyValue::default()
    }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(
        ("[a-z.]{1,12}", any_value()).prop_map(|(k, v)| key_value(k, v)),
        0..4,
    )
}

prop_compose! {
    fn span()(trace in any::<[u8; 16]>(), id in any::<[u8; 8]>(), parent in prop::option::of(any::<[u8; 8]>()),
              name in any::<String>(), kind in 0..6i32, start in any::<u64>(), end in any::<u64>(), attributes in attributes(),
              dropped in any::<u32>(), flags in any::<u32>(), state in "[a-z=,]{0,9}", code in 0..3i32, message in any::<String>(),
              events in vec((any::<u64>(), any::<String>(), attributes()), 0..3), links in vec((any::<[u8; 16]>(), any::<[u8; 8]>(), attributes()), 0..3)) -> Span {
        Span {
            trace_id: trace.to_vec(), span_id: id.to_vec(), trace_state: state, parent_span_id: parent.map(|p| p.to_vec()).unwrap_or_default(),
            flags, name, kind, start_time_unix_nano: start, end_time_unix_nano: end, attributes, dropped_attributes_count: dropped,
            events: events.into_iter().map(|(time_unix_nano, name, attributes)| Event { time_unix_nano, name, attributes, dropped_attributes_count: 1 }).collect(),
            dropped_events_count: dropped / 2,
            links: links.into_iter().map(|(t, s, attributes)| Link { trace_id: t.to_vec(), span_id: s.to_vec(), trace_state: String::new(), attributes, dropped_attributes_count: 0, flags }).collect(),
            dropped_links_count: dropped / 3,
            status: Some(Status { message, code }),
        }
    }
}

prop_compose! {
    fn resource_spans()(resource in attributes(), scope in attributes(), name in any::<String>(), spans in vec(span(), 0..4), schema in "[a-z:/]{0,9}") -> ResourceSpans {
        ResourceSpans {
            resource: Some(Resource { attributes: resource, dropped_attributes_count: 2, entity_refs: vec![] }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope { name, version: "1".to_owned(), attributes: scope, dropped_attributes_count: 0 }),
                spans, schema_url: schema.clone(),
            }],
            schema_url: schema,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn json_and_protobuf_say_the_same(all in vec(resource_spans(), 1..3), pretty in any::<bool>()) {
        let request = ExportTraceServiceRequest { resource_spans: all };
        let json = if pretty { serde_json::to_string_pretty(&request) } else { serde_json::to_string(&request) }.unwrap();
        let read = read(json.as_bytes());
        prop_assert_eq!(read.broken, Vec::<String>::new());
        prop_assert!(read.undecodable.is_empty());
        prop_assert_eq!(read.resource_spans, request.resource_spans);
    }
}
