//! How much of what comes is looked at.

use super::*;

fn pair(key: &str, value: &str) -> KeyValue {
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

fn span(name: &str, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        name: name.to_owned(),
        attributes,
        ..Span::default()
    }
}

#[test]
fn so_many_names_are_told_apart_and_spans_of_one_more_are_counted() {
    let mut builder = Builder::default();
    for number in 0..MOST_NAMES {
        builder.span(&span(&format!("n{number}"), vec![]), None, Side::Good);
    }
    assert_eq!((builder.unnamed, builder.spans.len()), (0, MOST_NAMES));
    builder.span(&span("one more", vec![]), None, Side::Good);
    builder.span(&span("n0", vec![]), None, Side::Good);
    assert_eq!((builder.unnamed, builder.spans.len()), (1, MOST_NAMES + 1));
}

#[test]
fn so_many_keys_are_looked_at_and_attributes_of_one_more_are_counted() {
    let mut builder = Builder::default();
    builder.span(&span("a", vec![]), Some("shop"), Side::Good);
    let own = builder.keys.len();
    for number in own..MOST_KEYS {
        let attributes = vec![pair(&format!("k{number}"), "x")];
        builder.span(&span("a", attributes), None, Side::Good);
    }
    assert_eq!((builder.keys.len(), builder.unread), (MOST_KEYS, 0));
    let attributes = vec![pair("one more", "x"), pair(&format!("k{own}"), "x")];
    builder.span(&span("a", attributes), None, Side::Good);
    assert_eq!((builder.keys.len(), builder.unread), (MOST_KEYS, 1));
}

#[test]
fn so_many_values_of_a_span_are_looked_at_and_one_more_is_counted() {
    // Kind and status are two of them.
    for (attributes, unread) in [(MOST_CELLS - 2, 0), (MOST_CELLS - 1, 1)] {
        let mut builder = Builder::default();
        let attributes = (0..attributes).map(|number| pair(&format!("k{number}"), "x"));
        builder.span(&span("a", attributes.collect()), None, Side::Good);
        assert_eq!(builder.cells.len(), MOST_CELLS);
        assert_eq!(builder.unread, unread);
    }
}
