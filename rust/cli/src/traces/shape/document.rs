//! One JSON value that is in memory, of whichever shape its keys say.
//!
//! OTLP is written as it is read. Anything else is walked over once for its keys, which tell the shape
//! ([`of`]), and read again by the reader of that shape. Arrays and the answers of query APIs are
//! opened; what is inside is told apart again. An object that only carries ids is no span.

use super::keys::{Key, Keys};
use super::otlp_field::odd;
use super::{clickhouse, console, flat, jaeger, jaeger_model, otlp, refused, zipkin, zipkin_v1};
use crate::traces::text::fault::Fault;
use crate::traces::text::token::Cursor;
use crate::traces::text::tree::Tree;
use crate::traces::wire::fields::traces_of;
use crate::traces::wire::write::Writer;

/// How deeply arrays and answers are opened on the way to a trace.
const MAX_OPENED: u32 = 5;

/// Reads the whole of a text, one value or several in a row, and appends the spans to `w` as OTLP
/// protobuf. On a fault, what was complete before it stays written.
pub fn read(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    loop {
        value(cursor, w)?;
        if !matches!(cursor.peek(), Some(b'{' | b'[')) {
            return cursor.end();
        }
    }
}

/// One value: an object of any known shape, or an array of such.
pub fn value(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    opened(cursor, w, 0)
}

fn opened(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<(), Fault> {
    match cursor.peek() {
        Some(b'{') if depth <= MAX_OPENED => object(cursor, w, depth),
        Some(b'[') if depth < MAX_OPENED => cursor
            .array(|cursor| opened(cursor, w, depth + 1))
            .map(drop),
        _ => {
            let at = cursor.at();
            cursor.skip()?;
            let message = format!("JSON, but no trace: `{}`", cursor.excerpt(at));
            cursor.odd(at, message);
            Ok(())
        }
    }
}

/// What one walk over an object tells.
#[derive(Default)]
struct Outline {
    keys: Keys,
    /// Something in it was opened, and read or refused on its own.
    is_opened: bool,
    /// `status`: `PARTIAL`, as Tempo says it.
    is_partial: bool,
    /// Where what should be the list of an OTLP message stands and is none.
    no_list: Option<usize>,
    /// Where the values of these keys stand.
    spans: Option<usize>,
    processes: Option<usize>,
}

fn object(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<(), Fault> {
    let start = cursor.at();
    let written = w.len();
    let mut outline = Outline::default();
    cursor.object(|cursor, key| member(cursor, key, &mut outline, w, depth))?;
    let keys = outline.keys;
    if outline.is_partial && keys.has(Key::Trace) {
        for trace in traces_of(&w.bytes()[written..]) {
            cursor.partial(trace);
        }
    }
    if outline.is_opened || keys.is_empty() {
        return Ok(());
    }
    let shape = of(keys);
    let end = cursor.at();
    let read = match shape {
        Some(Shape::Nothing) => {
            if let Some(at) = outline.no_list {
                odd(cursor, at, "not an array");
            }
            Ok(())
        }
        Some(Shape::ResourceSpans) => {
            cursor.back_to(start);
            return otlp::resource_spans(cursor, w);
        }
        Some(Shape::JaegerTrace) => {
            jaeger::trace(cursor, outline.spans, outline.processes, w)?;
            cursor.back_to(end);
            return Ok(());
        }
        Some(Shape::Span(reader)) => {
            cursor.back_to(start);
            let tree = Tree::read(cursor)?;
            reader(&tree, w)
        }
        None => Err(refused::message(keys)),
    };
    if let Err(message) = read {
        cursor.odd(start, message);
    }
    Ok(())
}

fn member(
    cursor: &mut Cursor<'_>,
    key: &[u8],
    outline: &mut Outline,
    w: &mut Writer,
    depth: u32,
) -> Result<(), Fault> {
    outline.keys.add(key);
    let next = cursor.peek();
    let at = cursor.at();
    match (key, next) {
        (b"resourceSpans" | b"resource_spans" | b"batches", Some(b'[')) => {
            outline.is_opened = true;
            cursor
                .array(|cursor| otlp::resource_spans(cursor, w))
                .map(drop)
        }
        (b"resourceSpans" | b"resource_spans", Some(next)) if next != b'n' => {
            outline.no_list = Some(at);
            cursor.skip()
        }
        (b"data", Some(b'[')) => {
            outline.is_opened = true;
            cursor.array(|c| opened(c, w, depth + 1)).map(drop)
        }
        (b"result" | b"trace" | b"_source", Some(b'{')) | (b"hits", Some(b'{' | b'['))
            if depth < MAX_OPENED =>
        {
            outline.is_opened = true;
            opened(cursor, w, depth + 1)
        }
        (b"status", Some(b'"')) => {
            let status = cursor.text()?;
            outline.is_partial = status.is_some_and(|status| status.bytes == b"PARTIAL");
            Ok(())
        }
        (b"spans", Some(b'[')) => {
            outline.spans = Some(at);
            cursor.skip()
        }
        (b"processes", Some(b'{')) => {
            outline.processes = Some(at);
            cursor.skip()
        }
        _ => cursor.skip(),
    }
}

/// Reads one span; the message says why it is left out.
type SpanReader = fn(&Tree<'_>, &mut Writer) -> Result<(), String>;

#[derive(Clone, Copy)]
enum Shape {
    /// Known, and without spans: other signals, an empty list.
    Nothing,
    ResourceSpans,
    JaegerTrace,
    Span(SpanReader),
}

/// The shape that an object with these keys has.
fn of(keys: Keys) -> Option<Shape> {
    use Key::*;
    let shape = if keys.any(&[ResourceSpans, Batches]) && !keys.has(TraceId) {
        // Null, or no array.
        Shape::Nothing
    } else if keys.has(OtherSignals) {
        Shape::Nothing
    } else if keys.has(ScopeSpans) {
        Shape::ResourceSpans
    } else if keys.all(&[Spans, TraceIdOfJaeger])
        || keys.all(&[Spans, Processes])
        || keys.only(&[Spans])
    {
        Shape::JaegerTrace
    } else if keys.all(&[TraceIdOfJaeger, SpanIdOfJaeger, OperationName]) {
        Shape::Span(jaeger::document)
    } else if is_jaeger_model(keys) {
        Shape::Span(jaeger_model::span)
    } else if keys.all(&[TraceId, SpanId, StartTimeUnixNano]) {
        Shape::Span(flat::span)
    } else if is_zipkin(keys) {
        if keys.has(BinaryAnnotations) {
            Shape::Span(zipkin_v1::span)
        } else {
            Shape::Span(zipkin::span)
        }
    } else if keys.all(&[Context, Name]) && keys.has(StartTime) {
        Shape::Span(console::python)
    } else if keys.has(SpanContext) {
        Shape::Span(console::go)
    } else if keys.all(&[TraceIdOfClickHouse, SpanIdOfClickHouse, SpanName]) {
        Shape::Span(clickhouse::row)
    } else {
        return None;
    };
    Some(shape)
}

/// Protobuf's JSON leaves out what is empty, so that little may be left.
fn is_jaeger_model(keys: Keys) -> bool {
    use Key::*;
    let own = [OperationName, Process, References, Logs, Tags];
    keys.all(&[TraceId, SpanId, StartTime])
        && (keys.any(&own) || keys.only(&[TraceId, SpanId, StartTime, Duration, Flags]))
}

/// Two ids make no span: there must be nothing else than what Zipkin writes, or something that
/// only Zipkin writes.
fn is_zipkin(keys: Keys) -> bool {
    use Key::*;
    if !keys.all(&[TraceId, Id]) {
        return false;
    }
    let own = [
        LocalEndpoint,
        RemoteEndpoint,
        BinaryAnnotations,
        Annotations,
    ];
    let all = [
        TraceId,
        Id,
        ParentId,
        Name,
        Kind,
        Timestamp,
        Duration,
        Debug,
        Shared,
        LocalEndpoint,
        RemoteEndpoint,
        Annotations,
        BinaryAnnotations,
        Tags,
    ];
    keys.any(&own) || keys.only(&all)
}
