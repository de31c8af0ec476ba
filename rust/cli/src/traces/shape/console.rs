//! What console exporters of OpenTelemetry's SDKs print, one span an object: Python's
//! `ConsoleSpanExporter`, Go's `stdouttrace` and JavaScript's `ConsoleSpanExporter`.

use std::borrow::Cow;

use super::field;
use super::flat::choice;
use super::record::{Attributes, Event, Link, Record, Status, Value};
use crate::traces::text::scalar::{self, SPAN_KINDS, STATUS_CODES};
use crate::traces::text::tree::Tree;
use crate::traces::wire::write::Writer;

/// opentelemetry-sdk 1.45, `ReadableSpan.to_json`. It has neither scope nor trace state.
pub fn python(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let context = tree.get("context");
    let mut events = Vec::new();
    for event in tree.get("events").list() {
        events.push(Event {
            time: field::written_time(event.get("timestamp"), "an event's timestamp")?,
            name: field::text(event.get("name"), "an event's name")?,
            attributes: Attributes::of_members(event.get("attributes")),
            dropped_attributes: 0,
        });
    }
    let mut links = Vec::new();
    for link in tree.get("links").list() {
        let context = link.get("context");
        links.push(Link {
            trace: python_id(context.get("trace_id"), "a link's trace_id")?,
            span: python_id(context.get("span_id"), "a link's span_id")?,
            attributes: Attributes::of_members(link.get("attributes")),
            ..Link::default()
        });
    }
    let status = tree.get("status");
    let record = Record {
        resource: Attributes::of_members(tree.get("resource").get("attributes")),
        trace: python_id(context.get("trace_id"), "trace_id")?,
        span: python_id(context.get("span_id"), "span_id")?,
        parent: match tree.get("parent_id") {
            Tree::Null => None,
            parent => Some(python_id(parent, "parent_id")?),
        },
        name: field::text(tree.get("name"), "name")?,
        kind: choice(tree.get("kind"), "kind", "SPANKIND.", &SPAN_KINDS)?,
        start: field::written_time(tree.get("start_time"), "start_time")?,
        end: field::written_time(tree.get("end_time"), "end_time")?,
        attributes: Attributes::of_members(tree.get("attributes")),
        events,
        links,
        status: Status {
            code: choice(status.get("status_code"), "status_code", "", &STATUS_CODES)?,
            message: field::text(status.get("description"), "the status's description")?,
        },
        ..Record::default()
    };
    record.write(w);
    Ok(())
}

/// Hex digits behind `0x`.
fn python_id<const N: usize>(tree: &Tree<'_>, what: &str) -> Result<[u8; N], String> {
    let digits = tree.text().and_then(|text| text.strip_prefix(b"0x"));
    digits
        .and_then(scalar::short_id)
        .filter(|id| *id != [0; N])
        .ok_or_else(|| {
            format!(
                "{what} is no id of {} hex digits behind 0x: `{}`",
                2 * N,
                field::shown(tree)
            )
        })
}

/// `go.opentelemetry.io/otel/exporters/stdout/stdouttrace`: a struct `SpanStub` as Go prints it.
pub fn go(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let (context, scope) = (tree.get("SpanContext"), tree.get("InstrumentationScope"));
    let scope = if scope.is_null() {
        tree.get("InstrumentationLibrary")
    } else {
        scope
    };
    let mut events = Vec::new();
    for event in tree.get("Events").list() {
        events.push(Event {
            time: field::written_time(event.get("Time"), "an event's Time")?,
            name: field::text(event.get("Name"), "an event's Name")?,
            attributes: go_attributes(event.get("Attributes"))?,
            dropped_attributes: count(event.get("DroppedAttributeCount")),
        });
    }
    let mut links = Vec::new();
    for link in tree.get("Links").list() {
        let context = link.get("SpanContext");
        links.push(Link {
            trace: field::id(context.get("TraceID"), "a link's TraceID")?,
            span: field::id(context.get("SpanID"), "a link's SpanID")?,
            state: field::text(context.get("TraceState"), "a link's TraceState")?,
            attributes: go_attributes(link.get("Attributes"))?,
            dropped_attributes: count(link.get("DroppedAttributeCount")),
        });
    }
    let status = tree.get("Status");
    let flags = context
        .get("TraceFlags")
        .text()
        .and_then(scalar::short_id::<1>);
    let record = Record {
        resource: go_attributes(tree.get("Resource"))?,
        scope_name: field::text(scope.get("Name"), "the scope's Name")?,
        scope_version: field::text(scope.get("Version"), "the scope's Version")?,
        trace: field::id(context.get("TraceID"), "TraceID")?,
        span: field::id(context.get("SpanID"), "SpanID")?,
        parent: field::optional_id(tree.get("Parent").get("SpanID"), "the parent's SpanID")?,
        state: field::text(context.get("TraceState"), "TraceState")?,
        flags: flags.map_or(0, |[flags]| u32::from(flags)),
        name: field::text(tree.get("Name"), "Name")?,
        // Go counts them as OTLP does.
        kind: choice(tree.get("SpanKind"), "SpanKind", "", &SPAN_KINDS)?,
        start: field::written_time(tree.get("StartTime"), "StartTime")?,
        end: field::written_time(tree.get("EndTime"), "EndTime")?,
        attributes: go_attributes(tree.get("Attributes"))?,
        events,
        links,
        status: Status {
            code: choice(status.get("Code"), "the status's Code", "", &STATUS_CODES)?,
            message: field::text(status.get("Description"), "the status's Description")?,
        },
    };
    record.write(w);
    Ok(())
}

fn count(tree: &Tree<'_>) -> u32 {
    tree.uint()
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0)
}

/// `[{"Key": …, "Value": {"Type": "INT64", "Value": …}}]`
fn go_attributes<'t>(list: &'t Tree<'t>) -> Result<Attributes<'t>, String> {
    let mut attributes = Attributes::default();
    if !matches!(list, Tree::Null | Tree::List(_)) {
        return Err(format!("attributes are no list: `{}`", field::shown(list)));
    }
    for pair in list.list() {
        let key = pair
            .get("Key")
            .text()
            .ok_or("an attribute without a `Key`")?;
        let (kind, value) = (
            pair.get("Value").get("Type"),
            pair.get("Value").get("Value"),
        );
        let typed = match kind.text().unwrap_or_default() {
            b"BOOL" => value.boolean().map(Value::Bool),
            b"INT64" => value.int().map(Value::Int),
            b"FLOAT64" => value.double().map(Value::Double),
            b"STRING" => value.text().map(|text| Value::Text(Cow::Borrowed(text))),
            b"BYTESLICE" | b"BYTES" => value.text().and_then(|text| {
                let mut bytes = Vec::new();
                scalar::base64(text, &mut bytes).then_some(Value::Bytes(bytes))
            }),
            b"BOOLSLICE" | b"INT64SLICE" | b"FLOAT64SLICE" | b"STRINGSLICE" | b"SLICE" | b"MAP"
                if matches!(value, Tree::Null | Tree::List(_) | Tree::Object(_)) =>
            {
                Some(Value::Json(value))
            }
            b"INVALID" | b"EMPTY" => Some(Value::Json(value)),
            _ => None,
        };
        let typed = typed.ok_or_else(|| {
            let (kind, value) = (field::shown(kind), field::shown(value));
            format!("an attribute whose value is not of its type: `{value}` of `{kind}`")
        })?;
        attributes.put(key, typed);
    }
    Ok(attributes)
}

/// `ConsoleSpanExporter` of `@opentelemetry/sdk-trace-base` 2.12, once its objects are JSON. Times are
/// microseconds, of events seconds and nanoseconds.
pub fn javascript(tree: &Tree<'_>, w: &mut Writer) -> Result<(), String> {
    let mut links = Vec::new();
    for link in tree.get("links").list() {
        let context = link.get("context");
        links.push(Link {
            trace: field::id(context.get("traceId"), "a link's traceId")?,
            span: field::id(context.get("spanId"), "a link's spanId")?,
            attributes: Attributes::of_members(link.get("attributes")),
            ..Link::default()
        });
    }
    let (status, scope) = (tree.get("status"), tree.get("instrumentationScope"));
    // Before version 2 the parent's id stood by itself.
    let parent = match tree.get("parentSpanContext") {
        Tree::Null => tree.get("parentId"),
        context => context.get("spanId"),
    };
    let start = field::micros(tree.get("timestamp"), "timestamp")?;
    // Of kinds, JavaScript has no unspecified one: it counts from internal.
    let kind = match tree.get("kind") {
        Tree::Null => 0,
        kind => kind
            .uint()
            .filter(|kind| *kind < 5)
            .map(|kind| kind + 1)
            .ok_or_else(|| format!("kind is none that is known: `{}`", field::shown(kind)))?,
    };
    let record = Record {
        resource: Attributes::of_members(tree.get("resource").get("attributes")),
        scope_name: field::text(scope.get("name"), "the scope's name")?,
        scope_version: field::text(scope.get("version"), "the scope's version")?,
        trace: field::id(tree.get("traceId"), "traceId")?,
        span: field::id(tree.get("id"), "id")?,
        parent: field::optional_id(parent, "the parent's spanId")?,
        name: field::text(tree.get("name"), "name")?,
        kind,
        start,
        end: field::end(start, fraction_of_micros(tree.get("duration"))?)?,
        attributes: Attributes::of_members(tree.get("attributes")),
        events: javascript_events(tree.get("events"))?,
        links,
        status: Status {
            code: choice(status.get("code"), "the status's code", "", &STATUS_CODES)?,
            message: field::text(status.get("message"), "the status's message")?,
        },
        ..Record::default()
    };
    record.write(w);
    Ok(())
}

/// Microseconds with a fraction, as nanoseconds.
fn fraction_of_micros(tree: &Tree<'_>) -> Result<u64, String> {
    if tree.is_null() {
        return Ok(0);
    }
    let nanos = tree.double().map(|micros| (micros * 1000.0).round());
    let nanos = nanos.filter(|nanos| (0.0..9e18).contains(nanos));
    nanos.map(|nanos| nanos as u64).ok_or_else(|| {
        format!(
            "duration is no count of microseconds: `{}`",
            field::shown(tree)
        )
    })
}

fn javascript_events<'t>(list: &'t Tree<'t>) -> Result<Vec<Event<'t>>, String> {
    let mut events = Vec::new();
    for event in list.list() {
        let time = match event.get("time").list() {
            [seconds, nanos] => seconds
                .uint()
                .and_then(|seconds| seconds.checked_mul(1_000_000_000))
                .and_then(|whole| whole.checked_add(nanos.uint()?)),
            _ => None,
        };
        events.push(Event {
            time: time.ok_or_else(|| {
                format!(
                    "an event's time is none: `{}`",
                    field::shown(event.get("time"))
                )
            })?,
            name: field::text(event.get("name"), "an event's name")?,
            attributes: Attributes::of_members(event.get("attributes")),
            dropped_attributes: count(event.get("droppedAttributesCount")),
        });
    }
    Ok(events)
}
