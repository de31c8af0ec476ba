//! A span with all that it stands in, one an object: OTLP's names, but resource and scope in the span
//! and attributes as plain members, as AWS keeps them in the log group `aws/spans`. Attributes in
//! OTLP's own list form are read as well.

use std::borrow::Cow;

use super::field;
use super::record::{Attributes, Event, Link, Record, Status, Value};
use crate::traces::text::scalar::{self, SPAN_KINDS, STATUS_CODES};
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

pub fn span(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let get = |name: &str, older: &str| match tree.get(name) {
        Tree::Null => tree.get(older),
        found => found,
    };
    let (resource, scope) = (tree.get("resource"), tree.get("scope"));
    let mut events = Vec::new();
    for event in tree.get("events").list() {
        events.push(Event {
            time: field::nanos(event.get("timeUnixNano"), "an event's timeUnixNano")?,
            name: field::text(event.get("name"), "an event's name")?,
            attributes: attributes(event.get("attributes"))?,
            dropped_attributes: 0,
        });
    }
    let mut links = Vec::new();
    for link in tree.get("links").list() {
        links.push(Link {
            trace: field::id(link.get("traceId"), "a link's traceId")?,
            span: field::id(link.get("spanId"), "a link's spanId")?,
            attributes: attributes(link.get("attributes"))?,
            ..Link::default()
        });
    }
    let record = Record {
        resource: attributes(resource.get("attributes"))?,
        scope_name: field::text(scope.get("name"), "the scope's name")?,
        scope_version: field::text(scope.get("version"), "the scope's version")?,
        trace: field::id(get("traceId", "trace_id"), "traceId")?,
        span: field::id(get("spanId", "span_id"), "spanId")?,
        parent: field::optional_id(get("parentSpanId", "parent_span_id"), "parentSpanId")?,
        state: field::text(get("traceState", "trace_state"), "traceState")?,
        flags: tree
            .get("flags")
            .uint()
            .and_then(|f| u32::try_from(f).ok())
            .unwrap_or(0),
        name: field::text(tree.get("name"), "name")?,
        kind: choice(tree.get("kind"), "kind", "SPAN_KIND_", &SPAN_KINDS)?,
        start: field::nanos(
            get("startTimeUnixNano", "start_time_unix_nano"),
            "startTimeUnixNano",
        )?,
        end: field::nanos(
            get("endTimeUnixNano", "end_time_unix_nano"),
            "endTimeUnixNano",
        )?,
        attributes: attributes(tree.get("attributes"))?,
        events,
        links,
        status: status(tree.get("status"))?,
    };
    record.write(w);
    Ok(())
}

fn status<'t>(tree: &'t Tree<'t>) -> Result<Status<'t>, String> {
    let code = match tree {
        Tree::Object(_) => tree.get("code"),
        other => other,
    };
    Ok(Status {
        code: choice(code, "status", "STATUS_CODE_", &STATUS_CODES)?,
        message: field::text(tree.get("message"), "the status's message")?,
    })
}

/// An enum by number or name.
pub fn choice(tree: &Tree<'_>, what: &str, prefix: &str, names: &[&str]) -> Result<u64, String> {
    if tree.is_null() || tree.text() == Some(b"") {
        return Ok(0);
    }
    let value = tree
        .choice(prefix, names)
        .filter(|value| *value <= i32::MAX as u64);
    value.ok_or_else(|| format!("{what} is none that is known: `{}`", field::shown(tree)))
}

/// Members of an object, or OTLP's list of keys with typed values.
fn attributes<'t>(tree: &'t Tree<'t>) -> Result<Attributes<'t>, String> {
    let list = match tree {
        Tree::List(list) => list,
        Tree::Null | Tree::Object(_) => return Ok(Attributes::of_members(tree)),
        other => {
            return Err(format!(
                "attributes are neither object nor list: `{}`",
                field::shown(other)
            ));
        }
    };
    let mut attributes = Attributes::default();
    for pair in list {
        let key = pair
            .get("key")
            .text()
            .ok_or("an attribute without a `key`")?;
        attributes.put(key, value(pair.get("value"))?);
    }
    Ok(attributes)
}

fn value<'t>(tree: &'t Tree<'t>) -> Result<Value<'t>, String> {
    let [(kind, value)] = tree.members() else {
        return match tree {
            Tree::Null => Ok(Value::Json(tree)),
            Tree::Object(members) if members.is_empty() => Ok(Value::Json(&NOTHING)),
            other => Err(format!(
                "a value of no known type: `{}`",
                field::shown(other)
            )),
        };
    };
    let typed = match kind.as_slice() {
        b"stringValue" => value.text().map(|text| Value::Text(Cow::Borrowed(text))),
        b"boolValue" => value.boolean().map(Value::Bool),
        b"intValue" => value.int().map(Value::Int),
        b"doubleValue" => value.double().map(Value::Double),
        b"bytesValue" => value.text().and_then(|text| {
            let mut bytes = Vec::new();
            scalar::base64(text, &mut bytes).then_some(Value::Bytes(bytes))
        }),
        b"arrayValue" | b"kvlistValue" => Some(Value::Json(value)),
        _ => None,
    };
    typed.ok_or_else(|| format!("a value of no known type: `{}`", field::shown(value)))
}

const NOTHING: Tree<'static> = Tree::Null;
