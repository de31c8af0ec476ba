//! Jaeger's JSON: what its UI downloads and its query API returns, a trace at a time; and the documents
//! that it keeps in Elasticsearch, a span at a time. Times are microseconds since the Unix epoch.
//!
//! What a tag means is told by [`super::jaeger_translation`], as the Collector's receiver has it.

use std::borrow::Cow;

use super::field;
use super::jaeger_model;
use super::jaeger_translation::{Log, Process, Reference, Span, Tags};
use super::record::Value;
use crate::traces::text::fault::Fault;
use crate::traces::text::scalar;
use crate::traces::text::token::Cursor;
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

/// Reads the spans that stand at `spans` in the text, with the processes that stand at `processes`.
pub fn trace(
    cursor: &mut Cursor<'_>,
    spans: Option<usize>,
    processes: Option<usize>,
    w: &mut Writer,
) -> Result<(), Fault> {
    let processes = match processes {
        Some(at) => {
            cursor.back_to(at);
            Tree::read(cursor)?
        }
        None => Tree::Null,
    };
    let Some(at) = spans else {
        return Ok(());
    };
    cursor.back_to(at);
    cursor
        .array(|cursor| {
            let at = cursor.at();
            let tree = Tree::read(cursor)?;
            let read = if tree.get("traceId").is_null() {
                span(&tree, &processes, w)
            } else {
                jaeger_model::span(&tree, w)
            };
            if let Err(message) = read {
                cursor.odd(at, message);
            }
            Ok(())
        })
        .map(drop)
}

/// A span with its process in it, as Elasticsearch keeps them. Tags may stand under `tag` as fields, with
/// another sign (`@` unless configured) for each dot.
pub fn document(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    span(tree, &Tree::Null, w)
}

fn span(tree: &Tree<'_>, processes: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    if !matches!(tree, Tree::Object(_)) {
        return Err(format!("no span: `{}`", field::shown(tree)));
    }
    let (own, of_trace) = (tree.get("process"), tree.get("processID"));
    let process = match (own, of_trace.text()) {
        (Tree::Object(_), _) => own,
        (_, Some(id)) if !id.is_empty() => std::str::from_utf8(id)
            .map(|id| processes.get(id))
            .ok()
            .filter(|process| matches!(process, Tree::Object(_)))
            .ok_or_else(|| {
                let id = field::shown(of_trace);
                format!("the process `{id}` of a span is not among the trace's `processes`")
            })?,
        _ => &Tree::Null,
    };
    // Elasticsearch's documents are those with a process in the span; they keep bytes as hex digits.
    let bytes = if matches!(own, Tree::Object(_)) {
        Bytes::Hex
    } else {
        Bytes::Base64
    };
    let trace = field::id(tree.get("traceID"), "traceID")?;
    let id = field::id(tree.get("spanID"), "spanID")?;
    let start = field::micros(tree.get("startTime"), "startTime")?;
    let duration = field::micros(tree.get("duration"), "duration")?;
    let mut logs = Vec::new();
    for log in tree.get("logs").list() {
        logs.push(Log {
            time: field::micros(log.get("timestamp"), "a log's timestamp")?,
            fields: tags(log.get("fields"), &Tree::Null, bytes)?,
        });
    }
    let process = match process {
        Tree::Null => None,
        process => Some(Process {
            service: field::text(process.get("serviceName"), "serviceName")?,
            tags: tags(process.get("tags"), process.get("tag"), bytes)?,
        }),
    };
    let span = Span {
        trace,
        span: id,
        name: field::text(tree.get("operationName"), "operationName")?,
        is_sampled: tree.get("flags").uint().is_some_and(|flags| flags & 1 == 1),
        start,
        end: field::end(start, duration)?,
        references: references(tree, trace)?,
        tags: tags(tree.get("tags"), tree.get("tag"), bytes)?,
        logs,
        process,
    };
    span.translate().write(w);
    Ok(())
}

/// References, with the parent that older writers put beside them first.
fn references(tree: &Tree<'_>, trace: [u8; 16]) -> Result<Vec<Reference>, String> {
    let mut references = Vec::new();
    for reference in tree.get("references").list() {
        references.push(Reference {
            trace: field::id(reference.get("traceID"), "a reference's traceID")?,
            span: field::optional_id(reference.get("spanID"), "a reference's spanID")?
                .unwrap_or_default(),
            follows: reference.get("refType").text() == Some(b"FOLLOWS_FROM"),
        });
    }
    let parent = field::optional_id(tree.get("parentSpanID"), "parentSpanID")?;
    if let Some(parent) = parent
        && !references
            .iter()
            .any(|r| r.trace == trace && r.span == parent)
    {
        // As Jaeger itself reads the field, which it no longer writes.
        let reference = Reference {
            trace,
            span: parent,
            follows: false,
        };
        references.insert(0, reference);
    }
    Ok(references)
}

/// How a tag of type `binary` is written.
#[derive(Clone, Copy)]
enum Bytes {
    Base64,
    Hex,
}

fn tags<'t>(list: &'t Tree<'t>, fields: &'t Tree<'t>, bytes: Bytes) -> Result<Tags<'t>, String> {
    let mut tags = Tags::new();
    for tag in list.list() {
        let key = tag.get("key").text().ok_or("a tag without a `key`")?;
        let kind = tag.get("type").text().unwrap_or_default();
        tags.push((Cow::Borrowed(key), typed(tag.get("value"), kind, bytes)));
    }
    for (key, value) in fields.members() {
        let key: Vec<u8> = key
            .iter()
            .map(|b| if *b == b'@' { b'.' } else { *b })
            .collect();
        tags.push((Cow::Owned(key), natural(value)));
    }
    Ok(tags)
}

/// The value as its type says; one that does not fit it, as it stands.
fn typed<'t>(value: &'t Tree<'t>, kind: &[u8], bytes: Bytes) -> Value<'t> {
    let fitting = match kind {
        b"bool" => value.boolean().map(Value::Bool),
        b"int64" => value.int().map(Value::Int),
        b"float64" => value.double().map(Value::Double),
        b"binary" => value
            .text()
            .and_then(|text| decoded(text, bytes))
            .map(Value::Bytes),
        _ => None,
    };
    fitting.unwrap_or_else(|| natural(value))
}

fn decoded(text: &[u8], bytes: Bytes) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match bytes {
        Bytes::Hex => scalar::hex(text, &mut out),
        Bytes::Base64 => scalar::base64(text, &mut out),
    }
    .then_some(out)
}

/// A value by what it is in JSON.
fn natural<'t>(value: &'t Tree<'t>) -> Value<'t> {
    match value {
        Tree::Text(text) => Value::Text(Cow::Borrowed(text)),
        Tree::Bool(value) => Value::Bool(*value),
        Tree::Number(_) => match (value.int(), value.double()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(double)) => Value::Double(double),
            (None, None) => Value::Json(value),
        },
        other => Value::Json(other),
    }
}
