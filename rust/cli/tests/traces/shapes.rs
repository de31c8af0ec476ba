//! Every shape that traces come in, each with a sample of one trace of two spans; and what people take for
//! traces. The table in `docs/formats.md` is made of this list: `BETRACE_UPDATE=1` writes it anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::support::*;

/// A part of the two spans that a shape cannot carry.
#[derive(Clone, Copy, PartialEq)]
enum Lacks {
    Scope,
    Link,
    EventName,
    Message,
}

struct Shape {
    what: &'static str,
    sample: &'static str,
    /// Where the sample comes from.
    source: &'static str,
    lacks: &'static [Lacks],
    note: &'static str,
}

use Lacks::*;

const READ: [Shape; 28] = [
    Shape {
        what: "OTLP JSON, a request a line",
        sample: "otlp.jsonl",
        source: "opentelemetry-proto v1.9",
        lacks: &[],
        note: "what the Collector's file exporter writes; also behind 4-byte lengths",
    },
    Shape {
        what: "OTLP JSON, one document",
        sample: "otlp-document.json",
        source: "opentelemetry-proto v1.9",
        lacks: &[],
        note: "of any length",
    },
    Shape {
        what: "OTLP JSON, documents in a row",
        sample: "otlp-concatenated.json",
        source: "opentelemetry-proto v1.9",
        lacks: &[],
        note: "with nothing between them, pretty-printed or not",
    },
    Shape {
        what: "OTLP JSON, an array of requests",
        sample: "otlp-array.json",
        source: "opentelemetry-proto v1.9",
        lacks: &[],
        note: "an element a line, or not",
    },
    Shape {
        what: "OTLP JSON of 2022",
        sample: "otlp-2022.json",
        source: "opentelemetry-proto v0.14",
        lacks: &[],
        note: "`instrumentationLibrarySpans`",
    },
    Shape {
        what: "`ResourceSpans`, one a line",
        sample: "resource-spans.jsonl",
        source: "opentelemetry-proto v1.9",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "Java's logging exporter",
        sample: "java-logging.txt",
        source: "opentelemetry-exporter-logging-otlp 1.54.1 itself",
        lacks: &[],
        note: "behind any logger's prefix; other lines are passed over",
    },
    Shape {
        what: "Python's console exporter",
        sample: "python-console.json",
        source: "opentelemetry-sdk 1.45.2 itself",
        lacks: &[Scope],
        note: "has no scope and no trace state",
    },
    Shape {
        what: "Go's stdouttrace, a span a line",
        sample: "go-stdouttrace.jsonl",
        source: "stdouttrace v1.44.0 itself",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "Go's stdouttrace, pretty-printed",
        sample: "go-stdouttrace-pretty.json",
        source: "stdouttrace v1.44.0 itself",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "JavaScript's console exporter",
        sample: "javascript-console.txt",
        source: "sdk-trace-base 2.12.1 itself",
        lacks: &[],
        note: "other lines are passed over; what Node.js cut off is a fault",
    },
    Shape {
        what: "Tempo API v1, `/api/traces/ID`",
        sample: "tempo-v1.json",
        source: "grafana/tempo, pkg/tempopb",
        lacks: &[],
        note: "ids in base64",
    },
    Shape {
        what: "Tempo API v2, `/api/v2/traces/ID`",
        sample: "tempo-v2.json",
        source: "grafana/tempo, pkg/tempopb",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "Tempo API v2, a part of a trace",
        sample: "tempo-v2-partial.json",
        source: "grafana/tempo, pkg/tempopb",
        lacks: &[],
        note: "`PARTIAL`: what rests on absence is inconclusive (`span_limit`)",
    },
    Shape {
        what: "Grafana, trace export",
        sample: "grafana-export.json",
        source: "grafana/grafana, tempo/resultTransformer.ts",
        lacks: &[EventName, Link, Message],
        note: "times are JavaScript numbers: exact to 256 ns",
    },
    Shape {
        what: "Jaeger UI and API, `/api/traces`",
        sample: "jaeger-ui.json",
        source: "Jaeger v1.76, internal/uimodel",
        lacks: &[],
        note: "rules below",
    },
    Shape {
        what: "Jaeger API v3, `/api/v3/traces`",
        sample: "jaeger-v3.json",
        source: "Jaeger v1.76, apiv3/snapshots",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "Jaeger in Elasticsearch",
        sample: "jaeger-elasticsearch.jsonl",
        source: "Jaeger v1.76, internal/uimodel",
        lacks: &[],
        note: "bytes are hex digits",
    },
    Shape {
        what: "Jaeger in Elasticsearch, tags as fields",
        sample: "jaeger-elasticsearch-fields.jsonl",
        source: "Jaeger v1.76, internal/storage/elasticsearch",
        lacks: &[],
        note: "`@` stands for a dot",
    },
    Shape {
        what: "Jaeger in Elasticsearch, a search's answer",
        sample: "jaeger-elasticsearch-search.json",
        source: "Elasticsearch's `_search`",
        lacks: &[],
        note: "also one hit a line",
    },
    Shape {
        what: "Jaeger in Kafka (`encoding: json`)",
        sample: "jaeger-kafka.jsonl",
        source: "jaeger-idl v0.9, model.proto",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "Zipkin v2",
        sample: "zipkin-v2.json",
        source: "zipkin-go v0.4.3",
        lacks: &[],
        note: "rules below",
    },
    Shape {
        what: "Zipkin v1",
        sample: "zipkin-v1.json",
        source: "pkg/translator/zipkin v0.158",
        lacks: &[Scope, Link, Message],
        note: "rules below",
    },
    Shape {
        what: "A flat span a line",
        sample: "aws-spans.jsonl",
        source: "CloudWatch, log group aws/spans",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "ClickHouse `otel_traces`, `FORMAT JSONEachRow`",
        sample: "clickhouse.jsonl",
        source: "chdb 4.4.0 itself",
        lacks: &[],
        note: "attributes are text; times are UTC",
    },
    Shape {
        what: "ClickHouse `otel_traces`, `FORMAT JSON`",
        sample: "clickhouse.json",
        source: "chdb 4.4.0 itself",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "ClickHouse `otel_traces`, `FORMAT Parquet`",
        sample: "clickhouse.parquet",
        source: "chdb 4.4.0 itself",
        lacks: &[],
        note: "",
    },
    Shape {
        what: "Parquet with the same columns",
        sample: "columns.parquet",
        source: "pyarrow 26.0.1 itself",
        lacks: &[],
        note: "maps, or JSON in text; lists of structs, or a list a column",
    },
];

/// What is no trace or is not read: its sample, and what is said of it.
const REFUSED: [(&str, &str, &str); 17] = [
    (
        "A search result of Tempo",
        "tempo-search.json",
        "a search result of Tempo, which has no spans: download each trace",
    ),
    (
        "Jaeger's answer of errors",
        "jaeger-error.json",
        "an answer of Jaeger without traces",
    ),
    (
        "Jaeger's lists of services and operations",
        "jaeger-services.json",
        "JSON, but no trace: `\"shop\"`",
    ),
    (
        "A service's log with trace ids",
        "service-log.jsonl",
        "an object with the id of a trace that is no span",
    ),
    (
        "A log with Zipkin's keys and others",
        "zipkin-like-log.jsonl",
        "an object with the id of a trace that is no span",
    ),
    (
        "Prometheus and Loki",
        "prometheus.json",
        "an answer of Prometheus or Loki",
    ),
    ("AWS X-Ray, traces", "xray.json", "traces of AWS X-Ray"),
    (
        "AWS X-Ray, segments",
        "xray-segment.jsonl",
        "a segment of AWS X-Ray",
    ),
    (
        "Trace events of browsers",
        "trace-events.json",
        "a profile of trace events as browsers record it",
    ),
    (
        "Google Cloud Trace",
        "google-cloud-trace.json",
        "a trace of Google Cloud Trace",
    ),
    (
        "Azure Application Insights",
        "application-insights.jsonl",
        "a row of Azure Application Insights",
    ),
    ("Datadog", "datadog.json", "a span as Datadog keeps it"),
    (
        "An API's error",
        "api-error.json",
        "an error that an API answered with",
    ),
    (
        "A protobuf message as Go prints the struct",
        "go-struct.json",
        "a value of no known type",
    ),
    (
        ".NET's console exporter",
        "dotnet-console.txt",
        "the console exporter of OpenTelemetry for .NET prints text for people",
    ),
    (
        "Parquet with INT96 times",
        "columns-int96.parquet",
        "the column `Timestamp` is INT96",
    ),
    ("Other signals of OTLP", "otlp-logs.jsonl", ""),
];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats/samples")
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(samples().join(name)).unwrap()
}

fn get<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let pair = attributes.iter().find(|pair| pair.key == key)?;
    pair.value.as_ref()?.value.as_ref()
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}

/// The two spans, whatever the shape.
fn check(what: &str, read: &Collected, lacks: &[Lacks]) {
    assert_eq!(read.broken, Vec::<String>::new(), "{what}");
    assert!(read.undecodable.is_empty(), "{what}");
    let mut names = read.names();
    names.sort_unstable();
    assert_eq!(names, ["child", "op"], "{what}");
    let has = |part: Lacks| !lacks.contains(&part);
    for group in &read.resource_spans {
        let resource = group.resource.as_ref().unwrap();
        assert_eq!(
            text(get(&resource.attributes, "service.name")),
            "shop",
            "{what}"
        );
        for scope_spans in &group.scope_spans {
            let scope = scope_spans.scope.clone().unwrap_or_default();
            assert_eq!(scope.name, if has(Scope) { "lib" } else { "" }, "{what}");
        }
    }
    let span = |name: &str| -> &Span { read.spans().into_iter().find(|s| s.name == name).unwrap() };
    let (op, child) = (span("op"), span("child"));
    assert_eq!((op.trace_id.len(), op.span_id.len()), (16, 8), "{what}");
    assert_eq!(op.trace_id, child.trace_id, "{what}");
    assert_eq!(
        (op.parent_span_id.len(), &child.parent_span_id),
        (0, &op.span_id),
        "{what}"
    );
    assert_eq!((op.kind, child.kind), (2, 3), "{what}");
    for span in [op, child] {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        assert!(
            1_600_000_000_000_000_000 < start && start < end,
            "{what}: {start} {end}"
        );
        assert!(end - start < 5_000_000_000, "{what}: {start} {end}");
    }
    assert!(
        child.start_time_unix_nano >= op.start_time_unix_nano / 1_000_000 * 1_000_000,
        "{what}"
    );
    let (code, message) = child
        .status
        .as_ref()
        .map(|s| (s.code, s.message.trim()))
        .unwrap_or_default();
    assert_eq!(code, 2, "{what}");
    assert!(
        !has(Message) || message.contains("boom"),
        "{what}: {message}"
    );
    assert_eq!(op.status.clone().unwrap_or_default().code, 0, "{what}");
    assert_eq!(text(get(&child.attributes, "n")), "5", "{what}");
    assert_eq!(child.events.len(), 1, "{what}");
    let event = &child.events[0];
    assert!(event.time_unix_nano >= child.start_time_unix_nano, "{what}");
    if has(EventName) {
        assert_eq!(event.name, "retry", "{what}");
    } else {
        assert_eq!(text(get(&event.attributes, "message")), "retry", "{what}");
    }
    if has(Link) {
        assert_eq!(child.links.len(), 1, "{what}");
        assert_eq!(
            (&child.links[0].trace_id, &child.links[0].span_id),
            (&op.trace_id, &op.span_id),
            "{what}"
        );
    }
}

#[test]
fn every_shape_is_read() {
    for shape in READ {
        let bytes = sample(shape.sample);
        check(shape.what, &read(&bytes), shape.lacks);
        check(shape.what, &read_slowly(&bytes, 7), shape.lacks);
        check(
            &format!("{}.gz", shape.what),
            &read(&gzip(&bytes)),
            shape.lacks,
        );
        check(
            &format!("{}.zst", shape.what),
            &read(&zstd(&bytes)),
            shape.lacks,
        );
        let crlf = String::from_utf8(bytes).map(|text| text.replace('\n', "\r\n"));
        if let Ok(text) = crlf {
            check(
                &format!("{} with CRLF", shape.what),
                &read(text.as_bytes()),
                shape.lacks,
            );
        }
    }
}

#[test]
fn a_part_of_a_trace_is_told_to_be_one() {
    for shape in READ {
        let read = read(&sample(shape.sample));
        let partial: &[[u8; 16]] = match shape.sample {
            "tempo-v2-partial.json" => &[read.spans()[0].trace_id.as_slice().try_into().unwrap()],
            _ => &[],
        };
        assert_eq!(read.partial, partial, "{}", shape.what);
    }
}

#[test]
fn every_shape_is_read_out_of_archives() {
    let mut tar = tar::Builder::new(Vec::new());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for shape in READ {
        let bytes = sample(shape.sample);
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let name = format!("day=14/{}", shape.sample);
        tar.append_data(&mut header, &name, bytes.as_slice())
            .unwrap();
        zip.start_file(&name, zip::write::SimpleFileOptions::default())
            .unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let both = tempfile::tempdir().unwrap();
    std::fs::write(both.path().join("a.zip"), &zip).unwrap();
    let from_file = read_path(&both.path().join("a.zip"));
    for (what, read) in [
        ("tar", read(&tar)),
        ("tar.gz", read(&gzip(&tar))),
        ("tar, slowly", read_slowly(&tar, 511)),
        ("zip on a pipe", read(&zip)),
        ("zip", from_file),
        ("zip.zst", read(&zstd(&zip))),
    ] {
        assert_eq!(read.broken, Vec::<String>::new(), "{what}");
        assert_eq!(read.names().len(), 2 * READ.len(), "{what}");
    }
}

#[test]
fn what_is_no_trace_is_named() {
    for (what, file, says) in REFUSED {
        let read = read(&sample(file));
        assert!(!read.is_unknown, "{what}");
        if file == "go-struct.json" {
            assert_eq!(read.names(), ["op"], "{what}");
        } else {
            assert_eq!(read.names(), Vec::<&str>::new(), "{what}");
        }
        if says.is_empty() {
            assert_eq!(read.broken, Vec::<String>::new(), "{what}");
        } else {
            assert!(!read.broken.is_empty(), "{what}");
            assert!(read.broken[0].contains(says), "{what}: {:?}", read.broken);
        }
    }
}

#[test]
fn every_sample_is_of_some_shape() {
    for entry in std::fs::read_dir(samples()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_read = READ.iter().any(|shape| shape.sample == name);
        assert!(
            is_read || REFUSED.iter().any(|(_, sample, _)| *sample == name),
            "{name}"
        );
    }
}

#[test]
fn the_table_of_shapes_is_what_is_tested() {
    let mut table = String::from("| shape | sample from | |\n|---|---|---|\n");
    for shape in READ {
        let _ = writeln!(
            table,
            "| {} | {} | {} |",
            shape.what, shape.source, shape.note
        );
    }
    table.push_str("\n| not read | what is said |\n|---|---|\n");
    for (what, file, says) in REFUSED {
        let said = match says {
            "" => "nothing: a file may hold several signals".to_owned(),
            _ => {
                let first = read(&sample(file)).broken.remove(0);
                let (_, said) = first.split_once(": ").unwrap();
                said.replace('|', "\\|")
            }
        };
        let _ = writeln!(table, "| {what} | {said} |");
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let (begin, end) = (
        "<!-- the table of shapes: rust/cli/tests/traces/shapes.rs -->\n",
        "<!-- the end of the table of shapes -->",
    );
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(begin).unwrap();
    let (shown, after) = rest.split_once(end).unwrap();
    if std::env::var_os("BETRACE_UPDATE").is_some() {
        std::fs::write(&page, format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, table, "BETRACE_UPDATE=1 writes the table anew");
}
