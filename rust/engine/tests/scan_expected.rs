//! What was expected of an attribute, kept of a resource, or known of where a span like it was led, never shows: a scratch that
//! has seen much finds in each message what a new one finds.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod scan_support;

use betrace_engine::internals::{Hit, MatchScratch, Matcher, MatcherBuilder, UnlikeId};
use betrace_lang::rule::{
    Base, CompareOp, Field, Intrinsic, Literal, Number, Operand, Predicate, Scope,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use scan_support::Dice;
use scan_support::reading::{Plain, plain, read};

const LONG: &str = "an.attribute.with.a.key.that.is.longer.than.what.is.compared.at.once";

/// Asked for, and not.
const KEYS: [&str; 24] = [
    "user.id",
    "thread.id",
    "session.id",
    "http.request.method",
    "http.response.status_code",
    "deployment.environment.name",
    LONG,
    "a",
    "",
    "ab",
    "abc",
    "key.of.26.bytes.in.length.",
    "key.of.27.bytes.in.length..",
    "key.of.28.bytes.in.length...",
    "k01",
    "k02",
    "k03",
    "k04",
    "k05",
    "k06",
    "k07",
    "k08",
    "k09",
    "k10",
];

fn is_asked(key: &str) -> bool {
    !matches!(key, "thread.id" | "ab" | "key.of.27.bytes.in.length..")
}

fn field(key: &str) -> Field {
    Field::Attribute {
        scope: Scope::SpanThenResource,
        key: key.into(),
    }
}

fn fields() -> Vec<Field> {
    let asked = KEYS.iter().filter(|key| is_asked(key));
    asked.map(|key| field(key)).collect()
}

/// More selectors of any span than are asked one by one, of each kind that a way has steps for.
fn matcher(number: i128) -> Matcher {
    let mut builder = MatcherBuilder::new();
    let compare = |field: Field, op, literal| Predicate::Compare {
        left: field.into(),
        op,
        right: Operand::Literal(literal),
    };
    let text = |text: &str| Literal::Text(text.into());
    let int = |value| Literal::Number(Number::Int(value));
    let mut filters = vec![
        vec![],
        vec![compare(
            Field::Intrinsic(Intrinsic::SpanKind),
            CompareOp::Eq,
            text("client"),
        )],
        vec![compare(
            Field::Intrinsic(Intrinsic::SpanStatus),
            CompareOp::Eq,
            text("error"),
        )],
        vec![compare(
            Field::Intrinsic(Intrinsic::SpanDuration),
            CompareOp::Gt,
            Literal::Duration(number.unsigned_abs() as u64),
        )],
        vec![compare(field(LONG), CompareOp::Eq, text("GET"))],
        vec![compare(field("user.id"), CompareOp::Gt, int(number))],
        vec![compare(field("session.id"), CompareOp::Eq, int(number))],
        vec![compare(
            field("http.request.method"),
            CompareOp::Ne,
            text("GET"),
        )],
        vec![
            Predicate::exists(field("a")),
            compare(
                field("http.response.status_code"),
                CompareOp::Lt,
                int(number),
            ),
        ],
        vec![Predicate::Matches {
            left: field("abc").into(),
            pattern: "^v+$".into(),
        }],
        vec![Predicate::missing(field("k01"))],
    ];
    filters.extend(fields().into_iter().map(|of| vec![Predicate::exists(of)]));
    for filter in &filters {
        builder.selector(&Base::Any, filter).unwrap();
        builder
            .selector(&Base::Named("named".into()), filter)
            .unwrap();
    }
    builder.build()
}

fn value(dice: &mut Dice) -> Option<AnyValue> {
    use any_value::Value;
    let value = match dice.roll(24) {
        0 => Value::BoolValue(dice.one_in(2)),
        1 => Value::DoubleValue(dice.roll(10) as f64 / 4.0),
        2 => Value::IntValue(dice.next() as i64),
        3 => Value::IntValue(-1),
        4 => Value::ArrayValue(ArrayValue::default()),
        5 => Value::BytesValue(vec![1, 2]),
        6 => return dice.one_in(2).then(AnyValue::default),
        // About where lengths take another byte.
        7..=9 => Value::StringValue("v".repeat(90 + dice.roll(45) as usize)),
        10..=16 => Value::IntValue(1 << dice.roll(30)),
        17 => Value::StringValue(String::new()),
        18..=20 => Value::StringValue("GET".to_owned()),
        _ => Value::StringValue("v".repeat(1 + dice.roll(20) as usize)),
    };
    Some(AnyValue { value: Some(value) })
}

/// Keys in an order that the kind has, or nearly.
fn attributes(kind: u64, dice: &mut Dice) -> Vec<KeyValue> {
    let mut of_kind = Dice::new(kind.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let count = of_kind.roll(20);
    let mut keys: Vec<&str> = (0..count)
        .map(|_| KEYS[of_kind.roll(KEYS.len() as u64) as usize])
        .collect();
    if dice.one_in(3) && !keys.is_empty() {
        let at = dice.roll(keys.len() as u64) as usize;
        match dice.roll(5) {
            0 => keys.swap(0, at),
            1 => keys.truncate(at),
            2 => drop(keys.remove(at)),
            3 => keys.push(keys[at]),
            _ => keys[at] = &keys[at][..keys[at].len().saturating_sub(1)],
        }
    }
    keys.into_iter()
        .map(|key| KeyValue {
            key: key.to_owned(),
            value: value(dice),
            ..KeyValue::default()
        })
        .collect()
}

/// One of a few that come again and again, byte for byte, or another one.
fn resource(dice: &mut Dice) -> Resource {
    let mut fixed = Dice::new(dice.roll(6) + 1);
    let dice = if dice.one_in(4) { dice } else { &mut fixed };
    let mut attributes = attributes(dice.roll(3), dice);
    if dice.one_in(2) {
        let at = dice.roll(attributes.len() as u64 + 1) as usize;
        attributes.insert(
            at,
            KeyValue {
                key: "service.name".to_owned(),
                value: value(dice),
                ..KeyValue::default()
            },
        );
    }
    Resource {
        attributes,
        ..Resource::default()
    }
}

fn request(dice: &mut Dice) -> ExportTraceServiceRequest {
    let span = |dice: &mut Dice| Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: ["named", "other", ""][dice.roll(3) as usize].to_owned(),
        kind: dice.roll(4) as i32,
        start_time_unix_nano: 1,
        end_time_unix_nano: dice.roll(9),
        attributes: attributes(dice.roll(12), dice),
        status: dice.one_in(4).then(|| Status {
            code: dice.roll(3) as i32,
            ..Status::default()
        }),
        ..Span::default()
    };
    let of_resource = |dice: &mut Dice| ResourceSpans {
        resource: (!dice.one_in(9)).then(|| resource(dice)),
        scope_spans: vec![ScopeSpans {
            spans: (0..dice.roll(6)).map(|_| span(dice)).collect(),
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: (0..2 + dice.roll(2)).map(|_| of_resource(dice)).collect(),
    }
}

/// The bytes of a request, of whose resources some are written in two parts, and what it says.
fn encoded(dice: &mut Dice) -> (Vec<u8>, ExportTraceServiceRequest) {
    let request = request(dice);
    let mut bytes = Vec::new();
    for of_resource in request.resource_spans {
        let mut one = of_resource.encode_to_vec();
        if dice.one_in(5) {
            let further = ResourceSpans {
                resource: Some(resource(dice)),
                ..ResourceSpans::default()
            };
            let at = if dice.one_in(2) { 0 } else { one.len() };
            one.splice(at..at, further.encode_to_vec());
        }
        bytes.push(0x0a);
        prost::encoding::encode_varint(one.len() as u64, &mut bytes);
        bytes.extend(one);
    }
    let request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    (bytes, request)
}

#[derive(Clone, Debug, PartialEq)]
struct Found {
    hits: Vec<Hit>,
    unlike: Vec<UnlikeId>,
    digest: u64,
    service: Vec<u8>,
    values: Vec<Plain>,
}

/// What is found of each span, and whether the message is faultless.
fn found(matcher: &Matcher, scratch: &mut MatchScratch, bytes: &[u8]) -> (Vec<Found>, bool) {
    let ids: Vec<_> = fields()
        .iter()
        .map(|field| matcher.fields().id(field).unwrap())
        .collect();
    let mut all = Vec::new();
    let result = matcher.scan(bytes, scratch, |view, answers| {
        all.push(Found {
            hits: answers.hits().to_vec(),
            unlike: answers.unlike().to_vec(),
            digest: view.digest(),
            service: view.service().to_vec(),
            values: ids.iter().map(|id| plain(view.field(*id))).collect(),
        });
    });
    (all, result.is_ok())
}

#[test]
fn a_scratch_that_has_seen_much_finds_what_a_new_one_finds() {
    let matchers = [matcher(3), matcher(1 << 20)];
    let mut dice = Dice::new(11);
    let mut veteran = matchers[0].scratch();
    let mut hits = 0;
    for round in 0..4_000 {
        let (bytes, request) = encoded(&mut dice);
        // Rules are reloaded now and then.
        let matcher = &matchers[round / 500 % 2];
        let (by_veteran, is_faultless) = found(matcher, &mut veteran, &bytes);
        let by_new = found(matcher, &mut matcher.scratch(), &bytes);
        assert!(is_faultless);
        assert_eq!(by_new, (by_veteran.clone(), is_faultless));
        let (plainly, _) = read(&request, &fields());
        assert_eq!(by_veteran.len(), plainly.len());
        for (found, plainly) in by_veteran.iter().zip(plainly) {
            assert_eq!(found.values, plainly.values);
            hits += found.hits.len();
        }
        let cut = &bytes[..dice.roll(bytes.len() as u64 + 1) as usize];
        assert_eq!(
            found(matcher, &mut veteran, cut),
            found(matcher, &mut matcher.scratch(), cut)
        );
        // Lengths and tags that nearly fit what is expected.
        let mut changed = bytes;
        for _ in 0..1 + dice.roll(3) {
            let at = dice.roll(changed.len() as u64) as usize;
            let byte = &mut changed[at];
            *byte = match dice.roll(4) {
                0 => byte.wrapping_add(1),
                1 => byte.wrapping_sub(1),
                2 => *byte ^ 0x80,
                _ => dice.roll(256) as u8,
            };
        }
        assert_eq!(
            found(matcher, &mut veteran, &changed),
            found(matcher, &mut matcher.scratch(), &changed)
        );
    }
    assert!(hits > 10_000, "{hits}");
}

/// More keys than are remembered, so that all is forgotten from time to time.
#[test]
fn keys_without_end_change_nothing() {
    let matcher = matcher(3);
    let mut dice = Dice::new(5);
    let mut veteran = matcher.scratch();
    for round in 0..3_000u64 {
        let mut request = request(&mut dice);
        for of_resource in &mut request.resource_spans {
            for span in &mut of_resource.scope_spans[0].spans {
                let key = format!("key.{}", (round * 7) % 5_000);
                span.attributes.insert(
                    0,
                    KeyValue {
                        key,
                        value: value(&mut dice),
                        ..KeyValue::default()
                    },
                );
            }
        }
        let bytes = request.encode_to_vec();
        assert_eq!(
            found(&matcher, &mut veteran, &bytes),
            found(&matcher, &mut matcher.scratch(), &bytes)
        );
    }
}
