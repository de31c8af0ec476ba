//! One odd value costs no more than itself.

use opentelemetry_proto::tonic::common::v1::any_value::Value;

use super::support::*;

/// A span whose attribute `k` has this JSON value and whose further fields are `fields`.
fn with(value: &str, fields: &str) -> String {
    let attributes = format!(
        r#""attributes":[{{"key":"k","value":{value}}},{{"key":"after","value":{{"boolValue":true}}}}]"#
    );
    line("odd").replace(r#""kind":2"#, &format!(r#"{attributes}{fields},"kind":2"#))
}

fn value(value: &str) -> Option<Value> {
    let read = read(with(value, "").as_bytes());
    assert_eq!(read.broken, Vec::<String>::new(), "{value}");
    let spans = read.spans();
    assert_eq!(spans.len(), 1, "{value}");
    let after = spans[0]
        .attributes
        .iter()
        .find(|kv| kv.key == "after")
        .unwrap();
    assert_eq!(
        after.value.as_ref().unwrap().value,
        Some(Value::BoolValue(true)),
        "{value}"
    );
    let odd = spans[0].attributes.iter().find(|kv| kv.key == "k").unwrap();
    odd.value.clone().unwrap_or_default().value
}

#[test]
fn attribute_values() {
    let text = |t: &str| Some(Value::StringValue(t.to_owned()));
    assert_eq!(value(r#"{"stringValue":""}"#), text(""));
    assert_eq!(value(r#"{"string_value":"x"}"#), text("x"));
    assert_eq!(
        value(r#"{"stringValue":"\ud800 \u0000 \n"}"#),
        text("\u{fffd} \0 \n")
    );
    assert_eq!(value(r#"{"stringValue":5}"#), None);
    assert_eq!(value("{}"), None);
    assert_eq!(value("null"), None);
    assert_eq!(value(r#""text""#), None);
    assert_eq!(value(r#"{"newKind":[1,{"a":"}"}]}"#), None);
    for (json, int) in [
        ("5", 5),
        ("\"-7\"", -7),
        ("\"9223372036854775807\"", i64::MAX),
        ("5.0", 5),
        ("1e3", 1000),
    ] {
        assert_eq!(
            value(&format!(r#"{{"intValue":{json}}}"#)),
            Some(Value::IntValue(int)),
            "{json}"
        );
    }
    for json in [
        "\"x\"",
        "null",
        "5.5",
        "[]",
        "\"99999999999999999999\"",
        "true",
    ] {
        assert_eq!(value(&format!(r#"{{"intValue":{json}}}"#)), None, "{json}");
    }
    for (json, double) in [
        ("0.5", 0.5),
        ("\"0.5\"", 0.5),
        ("3", 3.0),
        ("\"Infinity\"", f64::INFINITY),
        ("\"-Infinity\"", f64::NEG_INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
        ("1e400", f64::INFINITY),
    ] {
        assert_eq!(
            value(&format!(r#"{{"doubleValue":{json}}}"#)),
            Some(Value::DoubleValue(double)),
            "{json}"
        );
    }
    for json in ["\"NaN\"", "NaN"] {
        let read = value(&format!(r#"{{"doubleValue":{json}}}"#));
        assert!(
            matches!(read, Some(Value::DoubleValue(d)) if d.is_nan()),
            "{json}"
        );
    }
    assert_eq!(
        value(r#"{"boolValue":"true"}"#),
        Some(Value::BoolValue(true))
    );
    assert_eq!(
        value(r#"{"bytesValue":"AP8="}"#),
        Some(Value::BytesValue(vec![0, 255]))
    );
    assert_eq!(value(r#"{"bytesValue":"*"}"#), None);
    let array = |values| {
        Some(Value::ArrayValue(
            opentelemetry_proto::tonic::common::v1::ArrayValue { values },
        ))
    };
    assert_eq!(value(r#"{"arrayValue":{}}"#), array(vec![]));
    assert_eq!(value(r#"{"arrayValue":{"values":null}}"#), array(vec![]));
    assert!(
        matches!(value(r#"{"arrayValue":{"values":[{"intValue":"1"},{},{"stringValue":"x"}]}}"#), Some(Value::ArrayValue(a)) if a.values.len() == 3)
    );
    assert!(
        matches!(value(r#"{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}}]}}"#), Some(Value::KvlistValue(l)) if l.values.len() == 1)
    );
    assert_eq!(value(r#"{"arrayValue":null}"#), None);
    let deep = format!(
        "{}{}{}",
        r#"{"arrayValue":{"values":["#.repeat(80),
        r#"{"intValue":1}"#,
        "]}}".repeat(80)
    );
    assert!(matches!(value(&deep), Some(Value::ArrayValue(_))));
}

#[test]
fn bytes_that_are_not_utf8_stay() {
    let text = line("odd");
    let at = text.find("shop").unwrap();
    let mut bytes = text.into_bytes();
    bytes[at] = 0xff;
    let read = read(&bytes);
    assert_eq!(read.broken, Vec::<String>::new());
    // The oracle refuses such strings; the spans are handed on all the same.
    assert_eq!(read.undecodable.len(), 1);
    assert!(read.undecodable[0].windows(4).any(|w| w == b"\xffhop"));
}

#[test]
fn fields_of_a_span() {
    let span = |fields: &str| {
        let read = read(with("{}", fields).as_bytes());
        assert_eq!(read.broken, Vec::<String>::new(), "{fields}");
        assert_eq!(read.names(), ["odd"], "{fields}");
        read.spans()[0].clone()
    };
    assert_eq!(span(r#","parentSpanId":"""#).parent_span_id, b"");
    assert_eq!(span(r#","parentSpanId":null"#).parent_span_id, b"");
    assert_eq!(
        span(r#","parent_span_id":"AABBCCDDEEFF0011""#).parent_span_id,
        b"\xaa\xbb\xcc\xdd\xee\xff\x00\x11"
    );
    assert_eq!(
        span(r#","parentSpanId":"what""#).parent_span_id,
        b"what\xff\xff\xff\xff",
        "an unreadable parent is no root"
    );
    assert_eq!(
        span(r#","status":{"code":"STATUS_CODE_ERROR","message":"no"}"#)
            .status
            .unwrap()
            .code,
        2
    );
    assert_eq!(span(r#","status":{"code":1}"#).status.unwrap().code, 1);
    assert_eq!(span(r#","status":{}"#).status.unwrap().code, 0);
    assert_eq!(span(r#","status":7"#).status.unwrap_or_default().code, 0);
    assert_eq!(span(r#","flags":257,"traceState":"a=b""#).flags, 257);
    assert_eq!(
        span(r#","events":[{"timeUnixNano":5,"name":"e"},null,3]"#).events[0].time_unix_nano,
        5
    );
    assert_eq!(span(r#","links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]"#).links[0].span_id.len(), 8);
    assert_eq!(
        span(r#","droppedAttributesCount":"3""#).dropped_attributes_count,
        3
    );
    assert_eq!(
        span(r#","attributes":{"not":"a list"},"events":"none","links":{}"#)
            .attributes
            .len(),
        2
    );
    let kinds = [
        (r#""SPAN_KIND_CLIENT""#, 3),
        (r#""client""#, 3),
        ("5", 5),
        (r#""4""#, 4),
        ("-1", 0),
        ("99", 99),
    ];
    for (json, kind) in kinds {
        let read = read(
            line("odd")
                .replace(r#""kind":2"#, &format!(r#""kind":{json}"#))
                .as_bytes(),
        );
        assert_eq!(read.spans()[0].kind, kind, "{json}");
    }
    let read = read(
        line("odd")
            .replace(r#""1000""#, "1000")
            .replace(r#""2000""#, "-5")
            .as_bytes(),
    );
    assert_eq!(
        (
            read.spans()[0].start_time_unix_nano,
            read.spans()[0].end_time_unix_nano
        ),
        (1000, 0)
    );
}

#[test]
fn spans_that_are_none_are_left_out() {
    let text = line("odd").replace(r#""spans":["#, r#""spans":[null,7,[],"x","#);
    let read = read(text.as_bytes());
    assert_eq!(read.broken, Vec::<String>::new());
    assert_eq!(read.names(), ["odd"]);
}

#[test]
fn a_bad_id_costs_the_id() {
    let text = line("odd").replace("0102030405060708\",\"name", "zz\",\"name");
    let read = read(text.as_bytes());
    assert_eq!(read.broken, Vec::<String>::new());
    assert_eq!(read.spans()[0].span_id, b"");
}

#[test]
fn keys_may_be_escaped() {
    let text = line("odd").replace("\"name\":\"odd\"", "\"\\u006eame\":\"odd\"");
    assert_eq!(read(text.as_bytes()).names(), ["odd"]);
}
