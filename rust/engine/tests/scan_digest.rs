//! A span's digest: the same from thin and full bytes, another when anything differs that rules can see.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod scan_support;

use betrace_engine::Wanted;
use betrace_engine::internals::{Matcher, MatcherBuilder};
use betrace_lang::rule::{Field, Intrinsic, Scope};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use proptest::prelude::*;
use proptest::sample::subsequence;
use prost::Message;
use scan_support::{Dice, generate, reading, rewrite};

fn digests(matcher: &Matcher, bytes: &[u8]) -> Vec<u64> {
    let mut out = Vec::new();
    matcher
        .scan(bytes, &mut matcher.scratch(), |view, _| {
            out.push(view.digest());
        })
        .unwrap();
    out
}

fn keep(attributes: &mut Vec<KeyValue>, wanted: &[String], also: &[&str]) {
    attributes.retain(|pair| wanted.contains(&pair.key) || also.contains(&&*pair.key));
}

/// What a thin writer leaves of a request.
fn thin(request: &ExportTraceServiceRequest, wanted: &Wanted) -> ExportTraceServiceRequest {
    let mut request = request.clone();
    for resource_spans in &mut request.resource_spans {
        if let Some(resource) = &mut resource_spans.resource {
            keep(
                &mut resource.attributes,
                &wanted.resource_attributes,
                &["service.name"],
            );
        }
        for scope_spans in &mut resource_spans.scope_spans {
            let mut own_keys: &[&str] = &[];
            if let Some(scope) = &mut scope_spans.scope {
                keep(
                    &mut scope.attributes,
                    &wanted.instrumentation_attributes,
                    &[],
                );
                if !wanted.scope_version {
                    scope.version.clear();
                }
                if scope.name == "betrace" {
                    own_keys = &["betrace.violation.id", "betrace.mark"];
                }
            }
            for span in &mut scope_spans.spans {
                thin_span(span, wanted, own_keys);
            }
        }
    }
    request
}

fn thin_span(span: &mut Span, wanted: &Wanted, own_keys: &[&str]) {
    keep(&mut span.attributes, &wanted.span_attributes, own_keys);
    span.trace_state.clear();
    span.flags = 0;
    for event in &mut span.events {
        keep(&mut event.attributes, &wanted.event_attributes, &[]);
        if !wanted.event_times {
            event.time_unix_nano = 0;
        }
        if !wanted.event_names {
            event.name.clear();
        }
    }
    if !wanted.event_names && !wanted.event_times && wanted.event_attributes.is_empty() {
        span.events.clear();
    }
    for link in &mut span.links {
        keep(&mut link.attributes, &wanted.link_attributes, &[]);
        if !wanted.link_ids {
            link.trace_id.clear();
            link.span_id.clear();
        }
    }
    if !wanted.link_ids && wanted.link_attributes.is_empty() {
        span.links.clear();
    }
    if !wanted.status && !wanted.status_message {
        span.status = None;
    } else if let Some(status) = &mut span.status {
        if !wanted.status_message {
            status.message.clear();
        }
        if !wanted.status {
            status.code = 0;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn thin_and_full_bytes_have_one_digest(
        request in generate::request(),
        fields in subsequence(reading::fields(), 0..12),
        seed in any::<u64>(),
    ) {
        let mut builder = MatcherBuilder::new();
        for field in &fields {
            builder.field(field);
        }
        let matcher = builder.build();
        let full = request.encode_to_vec();
        let expected = digests(&matcher, &full);
        let thin = thin(&request, matcher.wanted()).encode_to_vec();
        prop_assert_eq!(&digests(&matcher, &thin), &expected);
        let rewritten = rewrite::rewrite(&thin, &mut Dice::new(seed));
        prop_assert_eq!(&digests(&matcher, &rewritten), &expected);
    }
}

fn attribute(scope: Scope, key: &str) -> Field {
    Field::Attribute {
        scope,
        key: key.into(),
    }
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn texts(values: &[&str]) -> any_value::Value {
    any_value::Value::ArrayValue(ArrayValue {
        values: values
            .iter()
            .map(|text| AnyValue {
                value: Some(any_value::Value::StringValue((*text).to_owned())),
            })
            .collect(),
    })
}

#[test]
fn whatever_a_rule_can_see_changes_the_digest() {
    let mut builder = MatcherBuilder::new();
    builder.field(&attribute(Scope::SpanThenResource, "k"));
    builder.field(&attribute(Scope::Span, "list"));
    builder.field(&attribute(Scope::Event, "e"));
    builder.field(&attribute(Scope::Link, "l"));
    builder.field(&Field::Intrinsic(Intrinsic::SpanStatus));
    builder.field(&Field::Intrinsic(Intrinsic::EventName));
    builder.field(&Field::Intrinsic(Intrinsic::InstrumentationVersion));
    let matcher = builder.build();
    let int = any_value::Value::IntValue;
    let base = || {
        let mut span = Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            name: "n".to_owned(),
            attributes: vec![pair("k", int(1)), pair("list", texts(&["a", "bc"]))],
            status: Some(Status::default()),
            ..Span::default()
        };
        span.events.push(Default::default());
        span.links.push(Default::default());
        ExportTraceServiceRequest {
            resource_spans: vec![opentelemetry_proto::tonic::trace::v1::ResourceSpans {
                resource: Some(Default::default()),
                scope_spans: vec![opentelemetry_proto::tonic::trace::v1::ScopeSpans {
                    scope: Some(Default::default()),
                    spans: vec![span],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        }
    };
    type Change = Box<dyn Fn(&mut ExportTraceServiceRequest)>;
    let of_span = |change: fn(&mut Span)| -> Change {
        Box::new(move |request| {
            change(&mut request.resource_spans[0].scope_spans[0].spans[0]);
        })
    };
    let seen: Vec<Change> = vec![
        of_span(|span| span.parent_span_id = vec![7; 8]),
        of_span(|span| span.name = "m".to_owned()),
        of_span(|span| span.kind = 1),
        of_span(|span| span.start_time_unix_nano = 1),
        of_span(|span| span.end_time_unix_nano = 1),
        of_span(|span| span.attributes[0] = pair("k", any_value::Value::IntValue(2))),
        of_span(|span| span.attributes[0] = pair("k", any_value::Value::DoubleValue(1.0))),
        of_span(|span| span.attributes[0].key = "other".to_owned()),
        of_span(|span| span.attributes[1] = pair("list", texts(&["ab", "c"]))),
        of_span(|span| span.attributes[1] = pair("list", texts(&["a"]))),
        of_span(|span| {
            span.status = Some(Status {
                code: 2,
                ..Status::default()
            });
        }),
        of_span(|span| span.events[0].name = "x".to_owned()),
        of_span(|span| span.events[0].attributes = vec![pair("e", texts(&[]))]),
        of_span(|span| span.links[0].attributes = vec![pair("l", texts(&[]))]),
        Box::new(|request| {
            let resource = request.resource_spans[0].resource.as_mut().unwrap();
            resource.attributes = vec![pair("k", texts(&[]))];
        }),
        Box::new(|request| {
            let resource = request.resource_spans[0].resource.as_mut().unwrap();
            resource.attributes = vec![pair(
                "service.name",
                any_value::Value::StringValue("s".to_owned()),
            )];
        }),
        Box::new(|request| {
            let scope = request.resource_spans[0].scope_spans[0]
                .scope
                .as_mut()
                .unwrap();
            scope.name = "s".to_owned();
        }),
        Box::new(|request| {
            let scope = request.resource_spans[0].scope_spans[0]
                .scope
                .as_mut()
                .unwrap();
            scope.version = "1".to_owned();
        }),
    ];
    let unseen: Vec<Change> = vec![
        of_span(|span| span.trace_state = "x".to_owned()),
        of_span(|span| span.status.as_mut().unwrap().message = "x".to_owned()),
        of_span(|span| {
            span.attributes
                .push(pair("k", any_value::Value::IntValue(9)));
        }),
        of_span(|span| span.attributes.push(pair("unwanted", texts(&[])))),
        of_span(|span| span.attributes.swap(0, 1)),
    ];
    let mut all = digests(&matcher, &base().encode_to_vec());
    let expected = all[0];
    for change in &seen {
        let mut request = base();
        change(&mut request);
        all.extend(digests(&matcher, &request.encode_to_vec()));
    }
    assert_eq!(all.len(), seen.len() + 1);
    all.sort_unstable();
    all.dedup();
    assert_eq!(
        all.len(),
        seen.len() + 1,
        "two spans that rules can tell apart share a digest"
    );
    for change in &unseen {
        let mut request = base();
        change(&mut request);
        assert_eq!(digests(&matcher, &request.encode_to_vec()), vec![expected]);
    }
}
