//! One set of spans in every kind of file.

use super::support::*;

const NAMES: [&str; 3] = ["one", "two", "three"];

fn check(what: &str, bytes: &[u8]) {
    for read in [read(bytes), read_slowly(bytes, 1), read_slowly(bytes, 7)] {
        assert_eq!(read.broken, Vec::<String>::new(), "{what}");
        assert_eq!(read.names(), NAMES, "{what}");
        let resource = read.resource_spans[0].resource.as_ref().unwrap();
        assert_eq!(resource.attributes[0].key, "service.name", "{what}");
        assert!(read.undecodable.is_empty(), "{what}");
    }
}

fn wrapped(what: &str, bytes: &[u8]) {
    check(what, bytes);
    check(&format!("{what}.gz"), &gzip(bytes));
    check(&format!("{what}.zst"), &zstd(bytes));
    check(&format!("{what}.gz.zst"), &zstd(&gzip(bytes)));
}

#[test]
fn otlp_json_lines() {
    let lines = NAMES.map(line);
    wrapped("lines", lines.join("\n").as_bytes());
    wrapped("lines with an end", (lines.join("\n") + "\n").as_bytes());
    wrapped("lines and blanks", lines.join("\r\n\n  \r\n").as_bytes());
    wrapped(
        "mark first",
        format!("\u{feff}{}", lines.join("\n")).as_bytes(),
    );
    let others = format!(
        "{{\"resourceMetrics\":[]}}\n{{}}\n{}",
        lines.join("\n{\"resourceLogs\":[{}]}\n")
    );
    wrapped("other signals between", others.as_bytes());
}

#[test]
fn otlp_json_documents() {
    let lines = NAMES.map(line);
    let values = lines
        .iter()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    let all: Vec<_> = values
        .clone()
        .flat_map(|v| v["resourceSpans"].as_array().unwrap().clone())
        .collect();
    let whole = serde_json::json!({"schema": {"x": [1, "]}\""]}, "resourceSpans": all});
    wrapped("one line", whole.to_string().as_bytes());
    let first = serde_json::json!({"resourceSpans": all, "z": "\\"});
    let pretty = serde_json::to_string_pretty(&first).unwrap();
    wrapped("pretty", pretty.as_bytes());
    wrapped(
        "pretty, newline first",
        format!("\n{pretty}\n\n").as_bytes(),
    );
    let unindented: String = pretty
        .lines()
        .map(|l| l.trim_start().to_owned() + "\n")
        .collect();
    wrapped("pretty, not indented", unindented.as_bytes());
    let documents: Vec<_> = values
        .clone()
        .map(|v| serde_json::to_string_pretty(&v).unwrap())
        .collect();
    wrapped("pretty documents in a row", documents.join("\n").as_bytes());
    wrapped(
        "pretty documents back to back",
        documents.concat().as_bytes(),
    );
    let mixed = format!("{}\n{}\n{}", documents[0], lines[1], documents[2]);
    wrapped("pretty and lines", mixed.as_bytes());
    let list = serde_json::Value::Array(values.collect());
    wrapped("an array of requests", list.to_string().as_bytes());
    wrapped(
        "pretty array",
        serde_json::to_string_pretty(&list).unwrap().as_bytes(),
    );
}

#[test]
fn a_document_too_long_for_memory_is_read_in_elements() {
    let filler = " ".repeat(9 * 1024 * 1024);
    let all = NAMES.map(|n| {
        line(n)["{\"resourceSpans\":[".len()..]
            .strip_suffix("]}")
            .unwrap()
            .to_owned()
    });
    let text = format!(
        "{}\n{{\"resourceSpans\":[{}]}}\n{}\n",
        line("first"),
        all.join(&format!(",{filler}")),
        line("last")
    );
    let read = read(text.as_bytes());
    assert_eq!(read.broken, Vec::<String>::new());
    assert_eq!(read.names(), ["first", "one", "two", "three", "last"]);
}

#[test]
fn otlp_protobuf() {
    let requests = NAMES.map(proto);
    wrapped("bare", &requests.concat());
    wrapped("frames", &requests.clone().map(|r| frame(&r)).concat());
    wrapped(
        "empty frames between",
        &requests
            .clone()
            .map(|r| [frame(b""), frame(&r)].concat())
            .concat(),
    );
    wrapped(
        "zstd frames",
        &requests.clone().map(|r| frame(&zstd(&r))).concat(),
    );
    wrapped(
        "zstd frames of JSON",
        &NAMES.map(|n| frame(&zstd(line(n).as_bytes()))).concat(),
    );
    wrapped(
        "frames of JSON",
        &NAMES.map(|n| frame(line(n).as_bytes())).concat(),
    );
    // Several zstd streams, one after another, are one stream.
    check("zst members", &requests.clone().map(|r| zstd(&r)).concat());
    check("gz members", &requests.map(|r| gzip(&r)).concat());
}

#[test]
fn nothing_is_no_fault() {
    for bytes in [
        &b""[..],
        b"\n",
        b"  \n ",
        b"{}",
        b"[]",
        b"{\"resourceSpans\":[]}",
        b"{\"data\":[]}",
    ] {
        let read = read(bytes);
        assert!(read.broken.is_empty() && !read.is_unknown && read.names().is_empty());
    }
    assert!(read(b"# Notes\n").is_unknown);
    assert!(read(&zstd(b"hello")).is_unknown);
}

const JAEGER: &str = r#"{"data":[{"traceID":"1f","spans":[
 {"traceID":"1f","spanID":"a","operationName":"GET /","references":[],"startTime":1700000000000000,"duration":2500,
  "tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"http.status_code","type":"int64","value":503},
          {"key":"ratio","type":"float64","value":3},{"key":"flag","type":"bool","value":"true"},{"key":"n","type":"int64","value":"42"},
          {"key":"blob","type":"binary","value":"AAEC"},{"key":"otel.scope.name","type":"string","value":"lib"}],
  "logs":[{"timestamp":1700000000000100,"fields":[{"key":"event","type":"string","value":"retry"},{"key":"attempt","type":"int64","value":2}]}],
  "processID":"p1","warnings":null},
 {"traceID":"1f","spanID":"b","operationName":"query","references":[{"refType":"FOLLOWS_FROM","traceID":"2f","spanID":"c"},{"refType":"CHILD_OF","traceID":"1f","spanID":"a"}],
  "startTime":1700000000000500,"duration":10,"tags":[{"key":"error","type":"bool","value":true},{"key":"otel.status_description","type":"string","value":"boom"}],"logs":[],"processID":"p2"}],
 "processes":{"p1":{"serviceName":"web","tags":[{"key":"host","type":"string","value":"h1"}]},"p2":{"serviceName":"db"}}}],
 "total":0,"errors":null}"#;

#[test]
fn jaeger_json() {
    let bytes = JAEGER.as_bytes();
    let one_line = JAEGER.replace('\n', " ");
    for bytes in [
        bytes,
        one_line.as_bytes(),
        &gzip(bytes),
        &zstd(one_line.as_bytes()),
    ] {
        let read = read_slowly(bytes, 13);
        assert_eq!(read.broken, Vec::<String>::new());
        insta::allow_duplicates! { insta::assert_snapshot!("jaeger", serde_json::to_string_pretty(&read.resource_spans).unwrap()) };
    }
    let bare = serde_json::from_str::<serde_json::Value>(JAEGER).unwrap()["data"][0].clone();
    assert_eq!(
        read(bare.to_string().as_bytes()).names(),
        ["GET /", "query"]
    );
    assert_eq!(
        read(serde_json::to_string_pretty(&bare).unwrap().as_bytes()).names(),
        ["GET /", "query"]
    );
}

const ZIPKIN: &str = r#"[
 {"traceId":"00000000000000ab","id":"0a","name":"get /","kind":"CLIENT","timestamp":1700000000000000,"duration":2500,
  "localEndpoint":{"serviceName":"web","ipv4":"10.0.0.1"},"remoteEndpoint":{"serviceName":"api","ipv4":"10.0.0.2","port":8080},
  "tags":{"http.status_code":"200","amount":"12.5"},"annotations":[{"timestamp":1700000000000100,"value":"sent"}]},
 {"traceId":"AB","id":"0a","name":"get /","kind":"SERVER","shared":true,"timestamp":1700000000000200,"duration":2000,
  "localEndpoint":{"serviceName":"api"},"tags":{"error":"timeout"}},
 {"traceId":"ab","id":"0b","parentId":"0a","localEndpoint":{"serviceName":"api"},"tags":{"error":"false","span.kind":"internal"}}
]"#;

#[test]
fn zipkin_json() {
    let one_line = ZIPKIN.replace('\n', " ");
    for bytes in [
        ZIPKIN.as_bytes(),
        one_line.as_bytes(),
        &gzip(ZIPKIN.as_bytes()),
    ] {
        let read = read_slowly(bytes, 13);
        assert_eq!(read.broken, Vec::<String>::new());
        insta::allow_duplicates! { insta::assert_snapshot!("zipkin", serde_json::to_string_pretty(&read.resource_spans).unwrap()) };
    }
}
