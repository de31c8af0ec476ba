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

/// The value read where nothing was odd.
fn value(json: &str) -> Option<Value> {
    let (value, broken) = value_and_faults(json);
    assert_eq!(broken, Vec::<String>::new(), "{json}");
    value
}

/// What the one fault is called that such a value is, and what is left of the value.
fn odd_value(json: &str) -> String {
    let (value, broken) = value_and_faults(json);
    assert!(value.is_none(), "{json}");
    assert_eq!(broken.len(), 1, "{json}: {broken:?}");
    let (place, what) = broken[0].split_once(": ").unwrap();
    assert!(place.starts_with("line 1, column "), "{place}");
    what.to_owned()
}

fn value_and_faults(value: &str) -> (Option<Value>, Vec<String>) {
    let read = read(with(value, "").as_bytes());
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
    (odd.value.clone().unwrap_or_default().value, read.broken)
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
    assert_eq!(value("{}"), None);
    assert_eq!(value("null"), None);
    assert_eq!(odd_value(r#"{"stringValue":5}"#), "not text: `5`");
    assert_eq!(odd_value(r#""text""#), "not an object: `\"text\"`");
    assert_eq!(
        odd_value(r#"{"newKind":[1,{"a":"}"}]}"#),
        "a value of no known type: `{\"newKind\":[1,{\"a\":\"}\"}]}`"
    );
    // As Go prints the struct.
    assert_eq!(
        odd_value(r#"{"Value":{"IntValue":5}}"#),
        "a value of no known type: `{\"Value\":{\"IntValue\":5}}`"
    );
    assert_eq!(value(r#"{"intValue":null}"#), None);
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
    for json in ["\"x\"", "5.5", "[]", "\"99999999999999999999\"", "true"] {
        let odd = odd_value(&format!(r#"{{"intValue":{json}}}"#));
        assert_eq!(odd, format!("not a whole number: `{json}`"));
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
    assert_eq!(odd_value(r#"{"bytesValue":"*"}"#), "not base64: `\"*\"`");
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
    let (read, broken) = value_and_faults(&deep);
    assert!(matches!(read, Some(Value::ArrayValue(_))));
    assert!(
        broken[0].contains("a value nested too deeply"),
        "{broken:?}"
    );
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
        span(r#","status":{"code":"STATUS_CODE_ERROR","message":"no"}"#)
            .status
            .unwrap()
            .code,
        2
    );
    assert_eq!(span(r#","status":{"code":1}"#).status.unwrap().code, 1);
    assert_eq!(span(r#","status":{}"#).status.unwrap().code, 0);
    assert_eq!(span(r#","flags":257,"traceState":"a=b""#).flags, 257);
    assert_eq!(
        span(r#","events":[{"timeUnixNano":5,"name":"e"},null]"#).events[0].time_unix_nano,
        5
    );
    assert_eq!(span(r#","links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]"#).links[0].span_id.len(), 8);
    assert_eq!(
        span(r#","droppedAttributesCount":"3""#).dropped_attributes_count,
        3
    );
    assert_eq!(span(r#","unknown":[{"x":1}]"#).attributes.len(), 2);
    let kinds = [
        (r#""SPAN_KIND_CLIENT""#, 3),
        (r#""client""#, 3),
        ("5", 5),
        (r#""4""#, 4),
        ("99", 99),
        ("null", 0),
    ];
    for (json, kind) in kinds {
        let text = line("odd").replace(r#""kind":2"#, &format!(r#""kind":{json}"#));
        let read = read(text.as_bytes());
        assert_eq!(read.broken, Vec::<String>::new(), "{json}");
        assert_eq!(read.spans()[0].kind, kind, "{json}");
    }
}

#[test]
fn a_field_of_the_wrong_type_is_a_fault_and_costs_itself() {
    for (fields, what) in [
        (r#","parentSpanId":5"#, "not text: `5`"),
        (r#","status":7"#, "not an object: `7`"),
        (
            r#","status":{"code":"BAD"}"#,
            "not a name or a number of the enumeration: `\"BAD\"`",
        ),
        (r#","events":"none""#, "not an array: `\"none\"`"),
        (r#","events":[3]"#, "not an object: `3`"),
        (
            r#","events":[{"timeUnixNano":"noon"}]"#,
            "not a time in nanoseconds since 1970: `\"noon\"`",
        ),
        (r#","links":{}"#, "not an array: `{}`"),
        (
            r#","links":[{"traceId":"no"}]"#,
            "not an id of 32 hex digits: `\"no\"`",
        ),
        (
            r#","attributes":{"not":"a list"}"#,
            "not an array: `{\"not\":\"a list\"}`",
        ),
        (
            r#","attributes":[{"Key":"k","Value":{"Type":"INT64","Value":5}}]"#,
            "an attribute without a `key`: `{\"Key\":\"k\",\"Value\":{\"Type\":\"INT64\",\"Valu…`",
        ),
        (r#","flags":-1"#, "not flags of 32 bits: `-1`"),
        (
            r#","droppedEventsCount":4294967296"#,
            "not a count of 32 bits: `4294967296`",
        ),
        (r#","traceState":["a=b"]"#, "not text: `[\"a=b\"]`"),
    ] {
        let read = read(with("{}", fields).as_bytes());
        assert_eq!(read.names(), ["odd"], "{fields}");
        assert_eq!(read.broken.len(), 1, "{fields}: {:?}", read.broken);
        assert!(
            read.broken[0].ends_with(what),
            "{fields}: {:?}",
            read.broken
        );
    }
    let read = read(with("{}", r#","parentSpanId":"what""#).as_bytes());
    assert_eq!(
        read.spans()[0].parent_span_id,
        b"what\xff\xff\xff\xff",
        "an unreadable parent is no root"
    );
    assert!(
        read.broken[0].contains("a parent that is no id"),
        "{:?}",
        read.broken
    );
}

#[test]
fn a_span_whose_ids_or_times_cannot_be_read_is_left_out_and_named() {
    let trace = r#""traceId":"0102030405060708090a0b0c0d0e0f10","#;
    let id = r#""spanId":"0102030405060708","#;
    for (old, new, what) in [
        (trace, "", "a span without a trace id, left out"),
        (id, "", "a span without a span id, left out"),
        (
            trace,
            r#""traceId":"01020304-0506-0708-090a-0b0c0d0e0f10","#,
            "not an id of 32 hex digits: `\"01020304-0506",
        ),
        (
            trace,
            r#""traceId":"00000000000000000000000000000000","#,
            "not an id of 32 hex digits",
        ),
        (
            trace,
            r#""traceId":12345,"#,
            "not an id of 32 hex digits: `12345`",
        ),
        (
            trace,
            r#""traceId":null,"#,
            "not an id of 32 hex digits: `null`",
        ),
        (
            id,
            r#""spanId":"zz","#,
            "not an id of 16 hex digits: `\"zz\"`",
        ),
        (
            r#""1000""#,
            r#""2023-11-14T22:13:20Z""#,
            "not a time in nanoseconds since 1970: `\"2023-11-14T22:13:20Z\"`",
        ),
        (
            r#""2000""#,
            "-5",
            "not a time in nanoseconds since 1970: `-5`",
        ),
        (
            r#""2000""#,
            "1.5",
            "not a time in nanoseconds since 1970: `1.5`",
        ),
        (
            r#""2000""#,
            "1e99",
            "not a time in nanoseconds since 1970: `1e99`",
        ),
        (
            r#""2000""#,
            r#"{"seconds":1}"#,
            "not a time in nanoseconds since 1970: `{",
        ),
    ] {
        let text = line("odd").replace(old, new);
        assert_ne!(text, line("odd"), "{old}");
        let read = read(format!("{text}\n{}", line("good")).as_bytes());
        assert_eq!(read.names(), ["good"], "{new}");
        assert_eq!(read.broken.len(), 1, "{new}: {:?}", read.broken);
        assert!(read.broken[0].contains(what), "{new}: {:?}", read.broken);
    }
}

#[test]
fn spans_that_are_none_are_left_out_and_named() {
    let text = line("odd").replace(r#""spans":["#, r#""spans":[null,7,"#);
    let read = read(text.as_bytes());
    assert_eq!(read.broken, ["line 1, column 154: not an object: `7`"]);
    assert_eq!(read.names(), ["odd"]);
}

#[test]
fn requests_under_other_names_are_named() {
    for (old, new, what) in [
        (
            "scopeSpans",
            "ilSpans",
            "no `scopeSpans` in an element of `resourceSpans`",
        ),
        (
            "\"spans\"",
            "\"items\"",
            "no `spans` in an element of `scopeSpans`",
        ),
    ] {
        let read = read(line("odd").replace(old, new).as_bytes());
        assert_eq!(read.names(), Vec::<&str>::new(), "{new}");
        assert!(read.broken[0].contains(what), "{new}: {:?}", read.broken);
    }
}

#[test]
fn keys_may_be_escaped() {
    let text = line("odd").replace("\"name\":\"odd\"", "\"\\u006eame\":\"odd\"");
    assert_eq!(read(text.as_bytes()).names(), ["odd"]);
}
