//! Jaeger's own model of a span in protobuf's JSON: what it puts into Kafka with `encoding: json` (the
//! Collector calls it `jaeger_json`) and what its gRPC API returns. Ids are base64, times text,
//! values in a field of their type. jaeger-idl v0.9, `model.proto`.

use super::field;
use super::jaeger_translation::{Log, Process, Reference, Span, Tags};
use super::record::Value;
use crate::traces::text::scalar;
use crate::traces::text::string::Raw;
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

pub fn span(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let trace = id(tree.get("traceId"), "traceId")?;
    let start = field::written_time(tree.get("startTime"), "startTime")?;
    let duration = duration(tree.get("duration"))?;
    let mut references = Vec::new();
    for reference in tree.get("references").list() {
        let kind = reference.get("refType");
        references.push(Reference {
            trace: id(reference.get("traceId"), "a reference's traceId")?,
            span: id(reference.get("spanId"), "a reference's spanId")?,
            follows: kind.text() == Some(b"FOLLOWS_FROM") || kind.uint() == Some(1),
        });
    }
    let mut logs = Vec::new();
    for log in tree.get("logs").list() {
        logs.push(Log {
            time: field::written_time(log.get("timestamp"), "a log's timestamp")?,
            fields: tags(log.get("fields"))?,
        });
    }
    let process = match tree.get("process") {
        process @ Tree::Object(_) => Some(Process {
            service: field::text(process.get("serviceName"), "serviceName")?,
            tags: tags(process.get("tags"))?,
        }),
        _ => None,
    };
    let span = Span {
        trace,
        span: id(tree.get("spanId"), "spanId")?,
        name: field::text(tree.get("operationName"), "operationName")?,
        is_sampled: tree.get("flags").uint().is_some_and(|flags| flags & 1 == 1),
        start,
        end: field::end(start, duration)?,
        references,
        tags: tags(tree.get("tags"))?,
        logs,
        process,
    };
    span.translate().write(w);
    Ok(())
}

fn id<const N: usize>(tree: &Tree<'_>, what: &str) -> Result<[u8; N], String> {
    let id = tree.text().and_then(|bytes| {
        scalar::id::<N>(Raw {
            bytes,
            escaped: false,
        })
    });
    id.filter(|id| *id != [0; N])
        .ok_or_else(|| format!("{what} is no base64 of {N} bytes: `{}`", field::shown(tree)))
}

/// `1.000340012s`, in nanoseconds.
fn duration(tree: &Tree<'_>) -> Result<u64, String> {
    if tree.is_null() {
        return Ok(0);
    }
    let seconds = tree.text().and_then(|text| text.strip_suffix(b"s"));
    let nanos = seconds.and_then(|text| {
        let text = std::str::from_utf8(text).ok()?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let fraction: u64 = format!("{fraction:0<9}").parse().ok()?;
        let whole: u64 = whole.parse().ok()?;
        whole.checked_mul(1_000_000_000)?.checked_add(fraction)
    });
    nanos.ok_or_else(|| format!("duration is no time in seconds: `{}`", field::shown(tree)))
}

fn tags<'t>(list: &'t Tree<'t>) -> Result<Tags<'t>, String> {
    let mut tags = Tags::new();
    for tag in list.list() {
        // What has its type's default value is left out in protobuf's JSON.
        let key = field::text(tag.get("key"), "a tag's key")?;
        tags.push((key, value(tag)?));
    }
    Ok(tags)
}

fn value<'t>(tag: &'t Tree<'t>) -> Result<Value<'t>, String> {
    let kind = tag.get("vType");
    let kind = match kind {
        Tree::Null => 0,
        kind => kind
            .choice("", &["STRING", "BOOL", "INT64", "FLOAT64", "BINARY"])
            .ok_or_else(|| format!("no type of a tag: `{}`", field::shown(kind)))?,
    };
    let given = |name: &str| Some(tag.get(name)).filter(|value| !value.is_null());
    let unfit = |value: &Tree<'_>| {
        format!(
            "a tag's value is not of its type: `{}`",
            field::shown(value)
        )
    };
    match kind {
        1 => given("vBool").map_or(Ok(Value::Bool(false)), |v| {
            v.boolean().map(Value::Bool).ok_or_else(|| unfit(v))
        }),
        2 => given("vInt64").map_or(Ok(Value::Int(0)), |v| {
            v.int().map(Value::Int).ok_or_else(|| unfit(v))
        }),
        3 => given("vFloat64").map_or(Ok(Value::Double(0.0)), |v| {
            v.double().map(Value::Double).ok_or_else(|| unfit(v))
        }),
        4 => given("vBinary").map_or(Ok(Value::Bytes(Vec::new())), |v| {
            let mut bytes = Vec::new();
            let is_whole = v
                .text()
                .is_some_and(|text| scalar::base64(text, &mut bytes));
            if is_whole {
                Ok(Value::Bytes(bytes))
            } else {
                Err(unfit(v))
            }
        }),
        _ => field::text(tag.get("vStr"), "vStr").map(Value::Text),
    }
}
