//! Requests with few names and keys, so that spans, duplicates and rules meet.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub use super::words::{KEYS, NAMES, TEXTS};

fn scalar() -> impl Strategy<Value = any_value::Value> {
    use any_value::Value;
    prop_oneof![
        4 => proptest::sample::select(&TEXTS[..]).prop_map(|text| Value::StringValue(text.to_owned())),
        2 => (-2i64..8).prop_map(Value::IntValue),
        1 => any::<i64>().prop_map(Value::IntValue),
        1 => proptest::sample::select(vec![5.0, 0.5, -100.0, f64::NAN, f64::INFINITY, 1e300])
            .prop_map(Value::DoubleValue),
        1 => any::<bool>().prop_map(Value::BoolValue),
        1 => vec(any::<u8>(), 0..4).prop_map(Value::BytesValue),
    ]
}

pub fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = option::weighted(0.9, scalar()).prop_map(|value| AnyValue { value });
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| AnyValue {
                value: Some(any_value::Value::ArrayValue(ArrayValue { values }))
            }),
            inner.prop_map(|value| AnyValue {
                value: Some(any_value::Value::KvlistValue(KeyValueList {
                    values: vec![KeyValue {
                        key: "inner".to_owned(),
                        value: Some(value),
                        ..KeyValue::default()
                    }]
                }))
            }),
        ]
    })
}

pub fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let pair = (
        proptest::sample::select(&KEYS[..]),
        option::weighted(0.95, any_value()),
    )
        .prop_map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value,
            ..KeyValue::default()
        });
    vec(pair, 0..6)
}

fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => vec(1u8..4, length),
        1 => Just(vec![0; length]),
        1 => vec(any::<u8>(), 0..length),
    ]
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0u64), 6 => 1u64..20]
}

fn event() -> impl Strategy<Value = Event> {
    (proptest::sample::select(&NAMES[..]), attributes(), time()).prop_map(
        |(name, attributes, time_unix_nano)| Event {
            time_unix_nano,
            name: name.to_owned(),
            attributes,
            dropped_attributes_count: 3,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    (id(16), id(8), attributes()).prop_map(|(trace_id, span_id, attributes)| Link {
        trace_id,
        span_id,
        attributes,
        ..Link::default()
    })
}

pub fn span() -> impl Strategy<Value = Span> {
    (
        (id(16), id(8), prop_oneof![Just(vec![]), id(8)]),
        (
            proptest::sample::select(&NAMES[..]),
            0i32..7,
            time(),
            time(),
        ),
        attributes(),
        vec(event(), 0..3),
        vec(link(), 0..2),
        option::of((0i32..4, proptest::sample::select(&TEXTS[..]))),
    )
        .prop_map(|(ids, head, attributes, events, links, status)| Span {
            trace_id: ids.0,
            span_id: ids.1,
            parent_span_id: ids.2,
            name: head.0.to_owned(),
            kind: head.1,
            start_time_unix_nano: head.2,
            end_time_unix_nano: head.3,
            trace_state: "vendor=1".to_owned(),
            flags: 256,
            attributes,
            events,
            links,
            status: status.map(|(code, message)| Status {
                code,
                message: message.to_owned(),
            }),
            ..Span::default()
        })
}

fn scope_spans() -> impl Strategy<Value = ScopeSpans> {
    let scope = (
        proptest::sample::select(vec!["", "lib", "betrace"]),
        proptest::sample::select(vec!["", "1.0"]),
        attributes(),
    )
        .prop_map(|(name, version, attributes)| InstrumentationScope {
            name: name.to_owned(),
            version: version.to_owned(),
            attributes,
            ..InstrumentationScope::default()
        });
    (option::of(scope), vec(span(), 0..4)).prop_map(|(scope, spans)| ScopeSpans {
        scope,
        spans,
        schema_url: "s".to_owned(),
    })
}

pub fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let resource_spans = (option::of(attributes()), vec(scope_spans(), 0..3)).prop_map(
        |(attributes, scope_spans)| ResourceSpans {
            resource: attributes.map(|attributes| Resource {
                attributes,
                ..Resource::default()
            }),
            scope_spans,
            schema_url: String::new(),
        },
    );
    vec(resource_spans, 0..3)
        .prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}
