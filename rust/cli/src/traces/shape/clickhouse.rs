//! Rows of the table `otel_traces` that the Collector's ClickHouse exporter fills, as JSON objects
//! (`FORMAT JSONEachRow`). Other stores and Parquet files use the same columns. Attributes are text
//! there, whatever they were; times are UTC.

use std::borrow::Cow;

use super::field;
use super::flat::choice;
use super::record::{Attributes, Event, Link, Record, Status, Value};
use crate::traces::text::scalar::{SPAN_KINDS, STATUS_CODES};
use crate::traces::text::token::Cursor;
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

pub fn row(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let start = time(tree.get("Timestamp"), "Timestamp")?;
    let duration = field::nanos(tree.get("Duration"), "Duration")?;
    let mut resource = attributes(tree.get("ResourceAttributes"), "ResourceAttributes")?;
    let service = field::text(tree.get("ServiceName"), "ServiceName")?;
    if !service.is_empty() {
        resource.put_text("service.name", service);
    }
    let record = Record {
        resource,
        scope_name: field::text(tree.get("ScopeName"), "ScopeName")?,
        scope_version: field::text(tree.get("ScopeVersion"), "ScopeVersion")?,
        trace: field::id(tree.get("TraceId"), "TraceId")?,
        span: field::id(tree.get("SpanId"), "SpanId")?,
        parent: field::optional_id(tree.get("ParentSpanId"), "ParentSpanId")?,
        state: field::text(tree.get("TraceState"), "TraceState")?,
        flags: 0,
        name: field::text(tree.get("SpanName"), "SpanName")?,
        kind: choice(tree.get("SpanKind"), "SpanKind", "SPAN_KIND_", &SPAN_KINDS)?,
        start,
        end: field::end(start, duration)?,
        attributes: attributes(tree.get("SpanAttributes"), "SpanAttributes")?,
        events: events(tree)?,
        links: links(tree)?,
        status: Status {
            code: choice(
                tree.get("StatusCode"),
                "StatusCode",
                "STATUS_CODE_",
                &STATUS_CODES,
            )?,
            message: field::text(tree.get("StatusMessage"), "StatusMessage")?,
        },
    };
    record.write(w);
    Ok(())
}

/// As text, or as a number of seconds where that was asked of the server.
fn time(tree: &Tree<'_>, what: &str) -> Result<u64, String> {
    let digits = match tree {
        Tree::Number(digits) => digits,
        Tree::Text(text) if text.iter().all(|b| b.is_ascii_digit() || *b == b'.') => &**text,
        other => return field::written_time(other, what),
    };
    let odd = || format!("{what} is no time: `{}`", field::shown(tree));
    let text = std::str::from_utf8(digits).map_err(|_| odd())?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction: u64 = format!("{:0<9}", &fraction[..fraction.len().min(9)])
        .parse()
        .map_err(|_| odd())?;
    let seconds: u64 = seconds.parse().map_err(|_| odd())?;
    seconds
        .checked_mul(1_000_000_000)
        .and_then(|nanos| nanos.checked_add(fraction))
        .ok_or_else(odd)
}

fn attributes<'t>(tree: &'t Tree<'t>, what: &str) -> Result<Attributes<'t>, String> {
    match tree {
        Tree::Null | Tree::Object(_) => Ok(Attributes::of_members(tree)),
        // A map written as text: not every store has maps.
        Tree::Text(text) if text.is_empty() => Ok(Attributes::default()),
        Tree::Text(text) => {
            of_text(text).ok_or_else(|| format!("{what} is no map: `{}`", field::shown(tree)))
        }
        other => Err(format!("{what} is no map: `{}`", field::shown(other))),
    }
}

/// The members of a JSON object in a text; nothing nested.
fn of_text(text: &[u8]) -> Option<Attributes<'static>> {
    let mut cursor = Cursor::new(text);
    let tree = Tree::read(&mut cursor).ok()?;
    cursor.end().ok()?;
    let Tree::Object(members) = tree else {
        return None;
    };
    let mut attributes = Attributes::default();
    for (key, value) in members {
        let value = match &value {
            Tree::Text(text) => Value::Text(Cow::Owned(text.to_vec())),
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Number(_) => match value.int() {
                Some(int) => Value::Int(int),
                None => Value::Double(value.double()?),
            },
            Tree::Null | Tree::List(_) | Tree::Object(_) => return None,
        };
        attributes.put(key, value);
    }
    Some(attributes)
}

/// One column of a nested one: a list beside the others (`Events.Name`), or a member of each element of
/// one list (`Events`).
fn column<'t>(tree: &'t Tree<'t>, outer: &str, inner: &str, at: usize) -> &'t Tree<'t> {
    const NONE: &Tree<'static> = &Tree::Null;
    match tree.get(outer) {
        Tree::List(rows) => rows.get(at).map_or(NONE, |row| row.get(inner)),
        _ => tree
            .get(&format!("{outer}.{inner}"))
            .list()
            .get(at)
            .unwrap_or(NONE),
    }
}

fn rows(tree: &Tree<'_>, outer: &str, inner: &str) -> usize {
    match tree.get(outer) {
        Tree::List(rows) => rows.len(),
        _ => tree.get(&format!("{outer}.{inner}")).list().len(),
    }
}

fn events<'t>(tree: &'t Tree<'t>) -> Result<Vec<Event<'t>>, String> {
    let of = |at| {
        Ok(Event {
            time: time(column(tree, "Events", "Timestamp", at), "Events.Timestamp")?,
            name: field::text(column(tree, "Events", "Name", at), "Events.Name")?,
            attributes: attributes(
                column(tree, "Events", "Attributes", at),
                "Events.Attributes",
            )?,
            dropped_attributes: 0,
        })
    };
    (0..rows(tree, "Events", "Name")).map(of).collect()
}

fn links<'t>(tree: &'t Tree<'t>) -> Result<Vec<Link<'t>>, String> {
    let of = |at| {
        let state: Cow<'t, [u8]> =
            field::text(column(tree, "Links", "TraceState", at), "Links.TraceState")?;
        Ok(Link {
            trace: field::id(column(tree, "Links", "TraceId", at), "Links.TraceId")?,
            span: field::id(column(tree, "Links", "SpanId", at), "Links.SpanId")?,
            state,
            attributes: attributes(column(tree, "Links", "Attributes", at), "Links.Attributes")?,
            dropped_attributes: 0,
        })
    };
    (0..rows(tree, "Links", "TraceId")).map(of).collect()
}
