//! Giant, deep and degenerate messages: bounded work, no panic, the right answer.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_engine::internals::{
    Cursor, MAX_GROUP_DEPTH, Matcher, MatcherBuilder, ScanErrorKind, ScanStats, SelectorId, Value,
    array_elements,
};
use betrace_lang::rule::{Base, CompareOp, Field, Literal, Number, Operand, Predicate, Scope};

/// `payload` behind the tag of a length-delimited field, lengths padded to five bytes as the thin writer does.
fn framed(field: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![field << 3 | 2];
    let length = u32::try_from(payload.len()).unwrap();
    out.extend((0..4).map(|index| (length >> (7 * index)) as u8 | 0x80));
    out.push((length >> 28) as u8);
    out.extend_from_slice(payload);
    out
}

fn pair(key: &[u8], value: &[u8]) -> Vec<u8> {
    framed(9, &[framed(1, key), framed(2, value)].concat())
}

fn request(span: &[u8]) -> Vec<u8> {
    let ids = [framed(1, &[1; 16]), framed(2, &[2; 8]), framed(5, b"n")].concat();
    framed(1, &framed(2, &framed(2, &[&ids[..], span].concat())))
}

fn span_field(key: &str) -> Field {
    Field::Attribute {
        scope: Scope::Span,
        key: key.into(),
    }
}

fn equals(key: &str, value: i128) -> (Matcher, SelectorId) {
    let mut builder = MatcherBuilder::new();
    let part = Predicate::Compare {
        left: span_field(key).into(),
        op: CompareOp::Eq,
        right: Operand::Literal(Literal::Number(Number::Int(value))),
    };
    let id = builder.selector(&Base::Any, &[part]).unwrap();
    (builder.build(), id)
}

/// How many spans hit the selector.
fn hits(matcher: &Matcher, bytes: &[u8]) -> usize {
    let mut count = 0;
    matcher
        .scan(bytes, &mut matcher.scratch(), |_, answers| {
            count += answers.hits().len();
        })
        .unwrap();
    count
}

const SEVEN: &[u8] = &[3 << 3, 7];

#[test]
fn a_span_of_a_hundred_thousand_attributes_is_a_span_like_another() {
    let (matcher, _) = equals("last", 7);
    let mut attributes: Vec<u8> = (0..100_000)
        .flat_map(|index| pair(format!("key.{index}").as_bytes(), SEVEN))
        .collect();
    assert_eq!(hits(&matcher, &request(&attributes)), 0);
    attributes.extend(pair(b"last", SEVEN));
    assert_eq!(hits(&matcher, &request(&attributes)), 1);
    let duplicates = pair(b"last", SEVEN).repeat(100_000);
    assert_eq!(hits(&matcher, &request(&duplicates)), 1);
}

#[test]
fn a_value_of_a_megabyte_is_read_in_place() {
    let mut builder = MatcherBuilder::new();
    let id = builder.field(&span_field("big"));
    let matcher = builder.build();
    let bytes = request(&pair(b"big", &framed(1, &vec![b'x'; 1 << 20])));
    let stats = matcher
        .scan(&bytes, &mut matcher.scratch(), |view, _| {
            assert!(matches!(view.field(id), Value::Text(text) if text.len() == 1 << 20));
        })
        .unwrap();
    assert_eq!(stats.spans, 1);
}

#[test]
fn arrays_as_deep_as_the_message_allows_do_not_recurse_without_bound() {
    let mut builder = MatcherBuilder::new();
    let id = builder.field(&span_field("deep"));
    let matcher = builder.build();
    // An array in an array, and so on: each level is a value behind two tags.
    let digest = |depth: usize| {
        let mut value = SEVEN.to_vec();
        for _ in 0..depth {
            value = framed(5, &framed(1, &value));
        }
        let bytes = request(&pair(b"deep", &value));
        let mut seen = Vec::new();
        matcher
            .scan(&bytes, &mut matcher.scratch(), |view, _| {
                seen.push((matches!(view.field(id), Value::Array(_)), view.digest()));
            })
            .unwrap();
        assert_eq!(seen.len(), 1);
        assert!(seen[0].0, "{depth} deep");
        seen[0].1
    };
    // They are told apart to a depth, and beyond it the rest is not looked at.
    assert_ne!(digest(1), digest(2));
    assert_ne!(digest(16), digest(15));
    assert_eq!(digest(20_000), digest(20_001));
}

#[test]
fn groups_are_skipped_to_their_depth_and_refused_beyond() {
    let (matcher, _) = equals("a", 1);
    let nested = |depth: usize| {
        let mut bytes = Vec::new();
        bytes.extend(std::iter::repeat_n(15 << 3 | 3, depth));
        bytes.extend(std::iter::repeat_n(15 << 3 | 4, depth));
        bytes
    };
    let depth = MAX_GROUP_DEPTH as usize;
    assert!(
        matcher
            .scan(&nested(depth), &mut matcher.scratch(), |_, _| {})
            .is_ok()
    );
    let refused = matcher
        .scan(&nested(depth + 1), &mut matcher.scratch(), |_, _| {})
        .unwrap_err();
    assert_eq!(refused.kind, ScanErrorKind::Nesting);
}

#[test]
fn faults_say_where_and_what() {
    let (matcher, _) = equals("a", 1);
    let fault = |bytes: &[u8]| {
        let error = matcher
            .scan(bytes, &mut matcher.scratch(), |_, _| {})
            .unwrap_err();
        (error.offset, error.kind)
    };
    assert_eq!(fault(&[0x0a, 5, 0]), (1, ScanErrorKind::Truncated));
    assert_eq!(fault(&[0x0a]), (1, ScanErrorKind::Truncated));
    assert_eq!(fault(&[0x00]), (0, ScanErrorKind::FieldNumber));
    assert_eq!(fault(&[0x0e]), (0, ScanErrorKind::WireType));
    assert_eq!(fault(&[0x08, 1]), (1, ScanErrorKind::UnexpectedWireType));
    assert_eq!(fault(&[0x7c]), (1, ScanErrorKind::GroupEnd));
    assert_eq!(fault(&[0x7b, 0x74]), (1, ScanErrorKind::GroupEnd));
    assert_eq!(fault(&[0xff; 11]), (0, ScanErrorKind::VarintTooLong));
    let mut too_large = vec![0x10];
    too_large.extend([0xff; 9]);
    too_large.push(0x02);
    assert_eq!(fault(&too_large), (1, ScanErrorKind::VarintTooLong));
    let mut largest = vec![0x10];
    largest.extend([0xff; 9]);
    largest.push(0x01);
    assert!(
        matcher
            .scan(&largest, &mut matcher.scratch(), |_, _| {})
            .is_ok()
    );
    // A length near 2^64 does not wrap around.
    let mut wrapping = vec![0x0a];
    wrapping.extend([0xff; 9]);
    wrapping.push(0x01);
    assert_eq!(fault(&wrapping).1, ScanErrorKind::Truncated);
    let spans = matcher
        .scan(&[], &mut matcher.scratch(), |_, _| {})
        .unwrap();
    assert_eq!(spans, ScanStats::default());
    assert_eq!(array_elements(&[0x0a, 9]).count(), 0);
    assert!(Cursor::new(&[1, 2], 5..9).is_done());
}

#[test]
fn ten_thousand_selectors_of_one_key_are_found_by_their_values() {
    let mut builder = MatcherBuilder::new();
    let mut ids = Vec::new();
    for index in 0..10_000 {
        let part = |op, value| Predicate::Compare {
            left: span_field("k").into(),
            op,
            right: Operand::Literal(Literal::Number(Number::Int(value))),
        };
        ids.push(
            builder
                .selector(&Base::Any, &[part(CompareOp::Eq, index)])
                .unwrap(),
        );
        builder
            .selector(&Base::Any, &[part(CompareOp::Gt, index + 100)])
            .unwrap();
    }
    let matcher = builder.build();
    let mut found = Vec::new();
    matcher
        .scan(
            &request(&pair(b"k", SEVEN)),
            &mut matcher.scratch(),
            |_, answers| {
                found.extend(answers.hits().iter().map(|hit| hit.selector()));
                assert!(answers.unlike().is_empty());
            },
        )
        .unwrap();
    assert_eq!(found, vec![ids[7]]);
    let mut counted = 0;
    matcher
        .scan(
            &request(&pair(b"k", &framed(1, b"x"))),
            &mut matcher.scratch(),
            |_, answers| {
                assert!(answers.hits().is_empty());
                // One id for all of them, however many there are.
                assert_eq!(answers.unlike().len(), 1);
                counted += matcher.selectors_of(answers.unlike()[0]).len();
            },
        )
        .unwrap();
    assert_eq!(counted, 20_000);
}
