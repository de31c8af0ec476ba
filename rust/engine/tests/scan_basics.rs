//! What a scan hands to its visitor, case by case, on messages that prost has written.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod messages;

use betrace_engine::internals::{
    Matcher, MatcherBuilder, OwnedValue, ScanStats, SelectorId, Value,
};
use betrace_lang::rule::{
    Base, CompareOp, Field, Intrinsic, Literal, Number, Operand, Predicate, Scope,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use prost::Message;

use crate::messages::{attribute, message_of, scoped, text};

fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, any_value::Value::IntValue(value))
}

fn span(name: &str, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        parent_span_id: vec![3; 8],
        name: name.to_owned(),
        start_time_unix_nano: 1_000,
        end_time_unix_nano: 3_000,
        attributes,
        ..Span::default()
    }
}

fn request(resource: Vec<KeyValue>, scope: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    scoped(scope, message_of(resource, spans))
}

fn field(scope: Scope, key: &str) -> Field {
    Field::Attribute {
        scope,
        key: key.into(),
    }
}

fn above(key: &str, bound: i128) -> Predicate {
    Predicate::Compare {
        left: field(Scope::SpanThenResource, key).into(),
        op: CompareOp::Gt,
        right: Operand::Literal(Literal::Number(Number::Int(bound))),
    }
}

fn named(name: &str) -> Base {
    Base::Named(name.into())
}

/// The selectors that each span hits, `true` where certain.
fn hits(
    matcher: &Matcher,
    request: &ExportTraceServiceRequest,
) -> (ScanStats, Vec<Vec<(SelectorId, bool)>>) {
    let mut out = Vec::new();
    let stats = matcher
        .scan(
            &request.encode_to_vec(),
            &mut matcher.scratch(),
            |_, answers| {
                out.push(
                    answers
                        .hits()
                        .iter()
                        .map(|hit| (hit.selector(), hit.certain()))
                        .collect::<Vec<_>>(),
                );
            },
        )
        .unwrap();
    (stats, out)
}

#[test]
fn a_span_hits_the_selectors_it_satisfies() {
    let mut builder = MatcherBuilder::new();
    let charge = builder
        .selector(&named("charge"), &[above("amount", 1000)])
        .unwrap();
    let any = builder.selector(&Base::Any, &[]).unwrap();
    let root = builder.selector(&Base::Root, &[]).unwrap();
    let same = builder
        .selector(
            &named("charge"),
            &[Predicate::And(vec![above("amount", 1000)])],
        )
        .unwrap();
    assert_eq!(charge, same);
    let matcher = builder.build();
    let mut no_parent = span("other", vec![]);
    no_parent.parent_span_id = vec![0; 8];
    let (stats, seen) = hits(
        &matcher,
        &request(
            vec![int("amount", 5000)],
            "shop",
            vec![
                span("charge", vec![int("amount", 1001)]),
                span("charge", vec![int("amount", 1000)]),
                span("charge", vec![text("amount", "1000.5")]),
                span("charge", vec![text("amount", "many")]),
                span("charge", vec![]),
                no_parent,
            ],
        ),
    );
    assert_eq!(stats.spans, 6);
    let some = vec![(charge, true), (any, true)];
    let none = vec![(any, true)];
    assert_eq!(
        seen,
        vec![
            some.clone(),
            none.clone(),
            some.clone(),
            none,
            some,
            vec![(any, true), (root, true)],
        ]
    );
}

#[test]
fn a_span_without_order_is_perhaps_selected_by_its_duration() {
    let mut builder = MatcherBuilder::new();
    let slow = builder
        .selector(
            &Base::Any,
            &[Predicate::Compare {
                left: Field::Intrinsic(Intrinsic::SpanDuration).into(),
                op: CompareOp::Gt,
                right: Operand::Literal(Literal::Duration(1_000)),
            }],
        )
        .unwrap();
    let matcher = builder.build();
    let mut skewed = span("a", vec![]);
    skewed.end_time_unix_nano = 999;
    let (_, seen) = hits(
        &matcher,
        &request(vec![], "", vec![span("a", vec![]), skewed]),
    );
    assert_eq!(seen, vec![vec![(slow, true)], vec![(slow, false)]]);
}

#[test]
fn malformed_ids_are_counted() {
    let mut builder = MatcherBuilder::new();
    builder.selector(&Base::Any, &[]).unwrap();
    let matcher = builder.build();
    let mut short = span("a", vec![]);
    short.trace_id = vec![1; 15];
    let mut zero = span("a", vec![]);
    zero.span_id = vec![0; 8];
    let (stats, seen) = hits(
        &matcher,
        &request(vec![], "betrace", vec![short, zero, span("a", vec![])]),
    );
    let expected = ScanStats {
        spans: 1,
        malformed: 2,
        own: 0,
    };
    assert_eq!(stats, expected);
    assert_eq!(seen[0].len(), 1);
}

#[test]
fn fields_are_read_where_the_language_says() {
    let mut builder = MatcherBuilder::new();
    let unscoped = builder.field(&field(Scope::SpanThenResource, "k"));
    let of_span = builder.field(&field(Scope::Span, "k"));
    let of_resource = builder.field(&field(Scope::Resource, "k"));
    let events = builder.field(&field(Scope::Event, "k"));
    let array = builder.field(&field(Scope::Span, "list"));
    let matcher = builder.build();
    let mut one = span("a", vec![int("k", 1), int("k", 2)]);
    one.attributes.push(attribute(
        "list",
        any_value::Value::ArrayValue(ArrayValue { values: vec![] }),
    ));
    one.events = vec![
        Event {
            attributes: vec![int("k", 7), int("k", 8)],
            ..Event::default()
        },
        Event::default(),
        Event {
            attributes: vec![text("k", "nine")],
            ..Event::default()
        },
    ];
    let mut empty = int("k", 1);
    empty.value = Some(AnyValue { value: None });
    let two = span("b", vec![empty, int("k", 5)]);
    let bytes = request(vec![text("k", "r")], "", vec![one, two]).encode_to_vec();
    let mut spans = 0;
    matcher
        .scan(&bytes, &mut matcher.scratch(), |view, _| {
            spans += 1;
            assert_eq!(view.field(of_resource), Value::Text(b"r"));
            if view.name() == b"a" {
                assert_eq!(view.field(unscoped), Value::Int(1));
                assert_eq!(view.field(of_span), Value::Int(1));
                assert_eq!(view.field(array), Value::Array(b""));
                assert_eq!(
                    view.owned(events),
                    OwnedValue::Rows {
                        count: 3,
                        values: vec![
                            (0, OwnedValue::Int(7)),
                            (2, OwnedValue::Text((*b"nine").into()))
                        ]
                        .into()
                    }
                );
            } else {
                assert_eq!(view.field(unscoped), Value::Text(b"r"));
                assert_eq!(view.field(of_span), Value::Missing);
                assert_eq!(view.owned(events), OwnedValue::Missing);
            }
        })
        .unwrap();
    assert_eq!(spans, 2);
}

/// With more fields than are tried one by one, so that where a resource leads is found once for all spans of its scope.
#[test]
fn what_a_resource_has_selects_the_spans_that_say_nothing_else() {
    let equals = |key: &str, value: &str| Predicate::Compare {
        left: field(Scope::SpanThenResource, key).into(),
        op: CompareOp::Eq,
        right: Operand::Literal(Literal::Text(value.into())),
    };
    let mut builder = MatcherBuilder::new();
    let mut select = |part| builder.selector(&Base::Any, &[part]).unwrap();
    for number in 0..8 {
        select(equals(&format!("other.{number}"), "x"));
    }
    let of_test = select(equals("stage", "test"));
    let of_live = select(equals("stage", "live"));
    let has_stage = select(Predicate::exists(field(Scope::SpanThenResource, "stage")));
    let of_resource = select(Predicate::exists(field(Scope::Resource, "stage")));
    // Nothing but the value itself settles this one.
    let begins = select(Predicate::Matches {
        left: field(Scope::SpanThenResource, "stage").into(),
        pattern: "^te".into(),
    });
    let matcher = builder.build();
    let spans = |values: &[Option<any_value::Value>]| {
        let one = |value: &Option<any_value::Value>| {
            let stage = KeyValue {
                key: "stage".to_owned(),
                value: Some(AnyValue {
                    value: value.clone(),
                }),
                ..KeyValue::default()
            };
            span("a", vec![stage])
        };
        values.iter().map(one).collect::<Vec<_>>()
    };
    let live = Some(any_value::Value::StringValue("live".to_owned()));
    let of_scope = |stage: &str| {
        let mut all = vec![span("a", vec![]), span("a", vec![])];
        // One of its own, empty ones, until where they lead is known, and none.
        all.extend(spans(&[live.clone(), None, None, None]));
        all.push(span("a", vec![]));
        request(vec![text("stage", stage)], "lib", all)
    };
    let mut both = of_scope("test");
    both.resource_spans.extend(of_scope("live").resource_spans);
    both.resource_spans
        .extend(request(vec![], "lib", spans(&[None])).resource_spans);
    let mut found = hits(&matcher, &both).1;
    for hits in &mut found {
        hits.sort_unstable();
    }
    let all = |stage: SelectorId| vec![(stage, true), (has_stage, true), (of_resource, true)];
    let (mut test, live) = (all(of_test), all(of_live));
    test.push((begins, true));
    let mut expected = vec![test.clone(), test.clone(), live.clone()];
    expected.extend(vec![test; 4]);
    expected.extend(vec![live; 7]);
    expected.push(vec![]);
    assert_eq!(found, expected);
}
