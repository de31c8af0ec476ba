//! Whatever bytes come: reading ends, nothing is made up, and what is lost is told.

use std::path::Path;

use super::support::*;

/// Every sample that is read, small enough to be cut at each byte.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats/samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    samples.sort();
    samples
}

/// The spans of a sample, as bytes to compare with.
fn spans(read: &Collected) -> Vec<Vec<u8>> {
    let encoded =
        |span: &opentelemetry_proto::tonic::trace::v1::Span| prost::Message::encode_to_vec(span);
    read.spans().into_iter().map(encoded).collect()
}

#[test]
fn cut_at_each_byte_spans_are_whole_or_told_to_be_missing() {
    for (name, bytes) in samples() {
        if Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            continue;
        }
        let whole = spans(&read(&bytes));
        // Of the longer samples every third byte.
        let step = if bytes.len() > 1300 { 3 } else { 1 };
        for end in (0..bytes.len()).step_by(step) {
            let cut = read(&bytes[..end]);
            let left = spans(&cut);
            for span in &left {
                assert!(
                    whole.contains(span),
                    "{name} cut at {end}: a span that was not there"
                );
            }
            let rest = bytes[end..].trim_ascii();
            let is_silent = cut.broken.is_empty() && !cut.is_unknown && cut.notes.is_empty();
            // Between two lines or documents nothing tells that more was to come.
            let at_an_end = bytes[..end]
                .trim_ascii_end()
                .last()
                .is_none_or(|byte| b"}]".contains(byte))
                || bytes[..end].ends_with(b"\n")
                // A line of a log that has not come to its JSON yet.
                || name == "java-logging.txt" && !has_json(&bytes[..end]);
            if is_silent && left.len() < whole.len() && !rest.is_empty() {
                assert!(
                    at_an_end,
                    "{name} cut at {end}: {} of {} spans and no word",
                    left.len(),
                    whole.len()
                );
            }
        }
    }
}

/// Whether the last line holds the beginning of a trace.
fn has_json(text: &[u8]) -> bool {
    let line = text
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    memchr::memmem::find(line, b"{\"resource\":{").is_some()
}

#[test]
fn cut_parquet_is_told() {
    let samples = samples();
    let (_, bytes) = samples
        .iter()
        .find(|(name, _)| name == "clickhouse.parquet")
        .unwrap();
    for end in (4..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        let cut = read(&bytes[..end]);
        assert_eq!(cut.broken.len(), 1, "cut at {end}");
        assert_eq!(cut.names(), Vec::<&str>::new(), "cut at {end}");
    }
    // Any byte may be another one: the reader says so, or what it read is what is written there.
    for at in (0..bytes.len()).step_by(13) {
        let mut other = bytes.clone();
        other[at] ^= 0x55;
        let read = read(&other);
        assert!(read.names().len() <= 2, "changed at {at}");
    }
}

/// Values of every type that a field may have by mistake.
const ODD: [&str; 14] = [
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "-1e-400",
    "123456789012345678901234567890",
    "0.5",
    "\"\"",
    "\"\\ud800\"",
    "[]",
    "{}",
    "[[[[{}]]]]",
    "{\"a\":{\"b\":[1]}}",
];

/// Each scalar and each list or object of a JSON text in turn, with another value in its place.
fn with_odd_values(value: &serde_json::Value, visit: &mut impl FnMut(&str)) {
    fn walk(value: &serde_json::Value, path: &mut Vec<String>, paths: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(all) => {
                for (index, inner) in all.iter().enumerate() {
                    path.push(format!("/{index}"));
                    walk(inner, path, paths);
                    path.pop();
                }
            }
            serde_json::Value::Object(all) => {
                for (key, inner) in all {
                    path.push(format!("/{}", key.replace('~', "~0").replace('/', "~1")));
                    walk(inner, path, paths);
                    path.pop();
                }
            }
            _ => {}
        }
        paths.push(path.concat());
    }
    let mut paths = Vec::new();
    walk(value, &mut Vec::new(), &mut paths);
    const MARK: &str = "put the odd value here";
    let mut turn = 0;
    for path in paths {
        let mut other = value.clone();
        *other.pointer_mut(&path).unwrap() = serde_json::Value::String(MARK.to_owned());
        let text = other.to_string();
        // Each value in some fields, each field with some values.
        for _ in 0..3 {
            turn += 1;
            let odd = ODD[turn % ODD.len()];
            visit(&text.replace(&format!("\"{MARK}\""), odd));
        }
    }
}

#[test]
fn every_field_may_have_the_wrong_type() {
    let mut seen = 0;
    for (name, bytes) in samples() {
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        let documents = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
        let Some(Ok(document)) = documents.into_iter().next() else {
            continue;
        };
        with_odd_values(&document, &mut |text| {
            let read = read(text.as_bytes());
            assert!(read.undecodable.is_empty(), "{name}: {text}");
            assert!(read.names().len() <= 2, "{name}: {text}");
            for span in read.spans() {
                assert_eq!(
                    (span.trace_id.len(), span.span_id.len()),
                    (16, 8),
                    "{name}: {text}"
                );
                assert!(
                    span.trace_id.iter().any(|byte| *byte != 0),
                    "{name}: {text}"
                );
            }
            assert!(
                read.broken.len() <= 7,
                "{name}: {} faults told",
                read.broken.len()
            );
            seen += 1;
        });
    }
    assert!(seen > 2_000, "{seen}");
}

#[test]
fn a_long_file_of_bad_lines_is_told_in_a_handful_of_lines_and_a_count() {
    for bad in [
        "{\"foo\":1}",
        "not json",
        "{\"traceId\":\"ab\",\"message\":\"m\"}",
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{}]}]}]}",
        "{\"resourceSpans\":[",
        "[1,2,3]",
        "{\"traceId\":\"zz\",\"id\":\"1\",\"localEndpoint\":{}}",
    ] {
        let text = format!("{{}}\n{}", format!("{bad}\n").repeat(20_000));
        let read = read(text.as_bytes());
        assert!(
            (2..=7).contains(&read.broken.len()),
            "{bad}: {:?}",
            read.broken
        );
        let last = read.broken.last().unwrap();
        assert!(
            last.contains(" more like these, the last one here"),
            "{bad}: {last}"
        );
        let count: u64 = last
            .split_whitespace()
            .find_map(|word| word.parse().ok().filter(|n| *n > 10_000))
            .unwrap();
        let told = read.broken.len() as u64 - 1;
        assert_eq!((count + told) % 20_000, 0, "{bad}: {last}");
        assert_eq!(read.names(), Vec::<&str>::new(), "{bad}");
    }
}

#[test]
fn faults_of_several_sorts_are_each_told() {
    let text = format!(
        "{}not json\n{}{}\n",
        "{\"foo\":1}\n".repeat(500),
        "{\"traces\":[]}\n".repeat(500),
        line("good")
    );
    let read = read(text.as_bytes());
    assert_eq!(read.names(), ["good"]);
    let told = |what: &str| {
        read.broken
            .iter()
            .filter(|fault| fault.contains(what))
            .count()
    };
    assert_eq!(
        told("JSON, but no trace of a shape that is known"),
        2,
        "{:?}",
        read.broken
    );
    assert_eq!(told("line 501, column 1: not JSON"), 1, "{:?}", read.broken);
    assert_eq!(told("a search result of Tempo"), 2, "{:?}", read.broken);
    assert_eq!(told("and 996 more like these"), 1, "{:?}", read.broken);
}

#[test]
fn nesting_ends_in_a_fault_at_any_depth() {
    for depth in [4, 5, 6, 31, 32, 33, 511, 512, 513, 100_000] {
        for (open, close) in [
            ("[", "]"),
            ("{\"data\":[", "]}"),
            ("{\"a\":", "}"),
            ("{\"trace\":", "}"),
            ("{\"hits\":[", "]}"),
        ] {
            let inside = if close.ends_with('}') && open.ends_with(':') {
                "1"
            } else {
                ""
            };
            let text = format!("{}{inside}{}", open.repeat(depth), close.repeat(depth));
            let one_line = read(text.as_bytes());
            assert_eq!(one_line.names(), Vec::<&str>::new());
            let lines = read(text.replace(open, &format!("{open}\n")).as_bytes());
            assert_eq!(lines.names(), Vec::<&str>::new());
            if depth > 512 {
                assert!(!one_line.broken.is_empty(), "{open} {depth}");
                assert!(!lines.broken.is_empty(), "{open} {depth} in lines");
            }
        }
        let value = format!(
            "{}{}{}",
            "{\"arrayValue\":{\"values\":[".repeat(depth),
            "{\"intValue\":1}",
            "]}}".repeat(depth)
        );
        let text = line("deep").replace(
            "\"kind\":2",
            &format!("\"attributes\":[{{\"key\":\"k\",\"value\":{value}}}]"),
        );
        let read = read(text.as_bytes());
        assert_eq!(
            read.broken.is_empty(),
            depth <= 31,
            "{depth}: {:?}",
            read.broken
        );
    }
}

#[test]
fn text_that_is_not_utf8_costs_no_span() {
    for (name, bytes) in samples() {
        let Some(at) = memchr::memmem::find(&bytes, b"boom") else {
            continue;
        };
        if name.ends_with(".parquet") {
            continue;
        }
        let mut other = bytes.clone();
        other[at] = 0xff;
        let (before, after) = (read(&bytes), read(&other));
        assert_eq!(after.broken, before.broken, "{name}");
        let batches = after.undecodable.len() + after.resource_spans.len();
        assert!(batches > 0, "{name}");
    }
}

#[test]
fn archives_that_lie_are_told() {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("a.jsonl", line("one").into_bytes()),
        ("notes.md", b"# Notes".to_vec()),
        ("b.jsonl", b"{\"resourceSpans\":[{]".to_vec()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let whole = read(&tar);
    assert_eq!(whole.names(), ["one"]);
    assert_eq!(whole.notes, ["notes.md: skipped, not traces"]);
    assert_eq!(
        whole.broken,
        ["line 1, column 20: b.jsonl: not JSON: expected a key in quotes"]
    );
    for end in (1..tar.len()).step_by(61) {
        let cut = read(&tar[..end]);
        assert!(cut.names().len() <= 1, "{end}");
    }
    // Archives in archives, further than they are opened.
    let mut nested = line("deep").into_bytes();
    for _ in 0..5 {
        let mut outer = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(nested.len() as u64);
        outer
            .append_data(&mut header, "inner", nested.as_slice())
            .unwrap();
        nested = outer.into_inner().unwrap();
    }
    let read_nested = read(&nested);
    assert_eq!(read_nested.names(), Vec::<&str>::new());
    assert!(
        read_nested.broken[0].contains("more than 3 archives in one another"),
        "{:?}",
        read_nested.broken
    );
    // An archive of nothing that is known, and one that is none.
    let mut other = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    other
        .append_data(&mut header, "notes.md", b"notes".as_slice())
        .unwrap();
    let other = read(&other.into_inner().unwrap());
    assert_eq!(
        other.broken,
        ["byte 0: an archive of 1 files, none of which holds traces"]
    );
    assert!(read(b"PK\x03\x04 and no zip").broken[0].contains("the zip archive is broken"));
}
