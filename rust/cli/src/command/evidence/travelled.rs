//! Records that travelled: as spans, in any recording that can be replayed; or as log events, in OTLP as JSON, as the
//! Collector's file exporter and a webhook have it: one export a line, or the whole file one.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde::Deserialize;
use serde_json::Deserializer;

use crate::exit::Exit;
use crate::feed::{self, Fed};
use crate::output;
use crate::paths;
use crate::traces::unpacked;

/// The scope of spans and events, the name of the spans, and the attribute that holds the envelope.
const SCOPE: &str = "betrace";
const SPAN: &str = "betrace.evidence";
const ENVELOPE: &str = "betrace.evidence.envelope";

/// How a file of logs begins, spaces aside.
const BEGINNING_OF_LOGS: &str = "{\"resourceLogs\":";

pub fn in_spans(recordings: &[PathBuf]) -> Result<Vec<String>, Exit> {
    let inputs = paths::trace_inputs_in(recordings, &|_| true).map_err(|error| {
        output::fault(error);
        Exit::Broken
    })?;
    let mut held = Vec::new();
    let is_broken = feed::feed(inputs, |fed| {
        let Fed::Spans(otlp) = fed else { return Ok(()) };
        for resource in feed::decoded(otlp)?.resource_spans {
            let scopes = resource.scope_spans.into_iter();
            let ours = scopes.filter(|one| one.scope.as_ref().is_some_and(|s| s.name == SCOPE));
            let spans = ours.flat_map(|scope| scope.spans);
            let records = spans.filter(|span| span.name == SPAN);
            held.extend(records.filter_map(envelope_of));
        }
        Ok(())
    });
    if is_broken {
        return Err(Exit::Broken);
    }
    Ok(held)
}

fn envelope_of(span: Span) -> Option<String> {
    let mut attributes = span.attributes.into_iter();
    match attributes.find(|one| one.key == ENVELOPE)?.value?.value? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// By the instance and the number that they say, each once: a backend keeps no order, and may have got a record twice.
/// Whether what they say is true is checked with all others.
pub fn sorted(lines: Vec<String>) -> Vec<String> {
    let mut sorted: Vec<_> = lines
        .into_iter()
        .map(|line| (said(&line).unwrap_or_default(), line))
        .collect();
    sorted.sort();
    sorted.dedup();
    sorted.into_iter().map(|(_, line)| line).collect()
}

fn said(line: &str) -> Option<(String, u64)> {
    let envelope = betrace_evidence::Envelope::of_line(line.as_bytes()).ok()?;
    let statement: serde_json::Value = serde_json::from_slice(&envelope.payload().ok()?).ok()?;
    let predicate = &statement["predicate"];
    let instance = predicate["instance"].as_str()?.to_owned();
    Some((instance, predicate["sequence"].as_u64()?))
}

/// Whether a file is one of logs, by its first bytes.
pub fn is_of_logs(path: &Path) -> io::Result<bool> {
    let mut begin = beginning(path, 256)?.unwrap_or_default();
    begin.retain(|byte| !byte.is_ascii_whitespace());
    Ok(begin.starts_with(BEGINNING_OF_LOGS.as_bytes()))
}

/// The first bytes of a file, unpacked, at most so many. `None`: it is an archive.
pub fn beginning(path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = unpacked(path)? else {
        return Ok(None);
    };
    let mut begin = Vec::new();
    file.take(most as u64).read_to_end(&mut begin)?;
    Ok(Some(begin))
}

/// Of an export of logs what leads to an envelope.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logs {
    #[serde(default)]
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    #[serde(default)]
    scope_logs: Vec<ScopeLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    log_records: Vec<LogRecord>,
}

#[derive(Default, Deserialize)]
struct Scope {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct LogRecord {
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    value: Value,
}

/// Of all kinds of values a text alone.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    string_value: Option<String>,
}

/// Adds the envelopes among the events of a file.
pub fn in_logs(path: &Path, found: &mut Vec<String>) -> io::Result<()> {
    let Some(file) = unpacked(path)? else {
        return Ok(());
    };
    let file = BufReader::new(file);
    for logs in Deserializer::from_reader(file).into_iter::<Logs>() {
        let resources = logs?.resource_logs.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        let events = scopes
            .filter(|scope| scope.scope.name == SCOPE)
            .flat_map(|scope| scope.log_records);
        let attributes = events.flat_map(|event| event.attributes);
        let envelopes = attributes.filter(|one| one.key == ENVELOPE);
        found.extend(envelopes.filter_map(|one| one.value.string_value));
    }
    Ok(())
}
