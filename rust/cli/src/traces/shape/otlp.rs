//! OTLP JSON, straight into OTLP protobuf: each field is written as it is met.
//!
//! As forgiving as the Collector, and then some: keys in either spelling and of either year (scopes were
//! called instrumentation libraries), numbers in strings, enums by name, ids in hex of any case or in
//! base64, `null` anywhere, unknown keys skipped. A value that is not understood is left out and noted with
//! the cursor; a span whose ids or times are not, as a whole. Where the text stops being JSON, the spans
//! that were complete stay written. Field numbers: opentelemetry-proto v1.9, `trace.proto`,
//! `common.proto`, `resource.proto`.

use std::ops::Range;

use crate::traces::text::scalar::{
    SPAN_KINDS, STATUS_CODES, base64, boolean, choice, double, id, int, uint,
};
use crate::traces::text::string::Raw;
use crate::traces::text::token::{Cursor, Fault, Scalar};
use crate::traces::wire::write::{BATCH, Open, Writer};

/// Arrays and maps nested deeper than this inside an attribute are left out: each level is two
/// messages, and common protobuf decoders stop at a hundred.
const MAX_VALUE_DEPTH: u32 = 32;

/// One element of `resourceSpans`, as far as it is written.
struct Group {
    open: Open,
    start: usize,
    /// Where its `Resource` stands, once it came.
    resource: Option<Range<usize>>,
}

/// One element of `resourceSpans`.
pub fn resource_spans(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let at = cursor.at();
    w.cut();
    let mut group = Group {
        start: w.len(),
        open: w.open(1),
        resource: None,
    };
    let mut has_spans = false;
    let mut is_strange = false;
    let read = object(cursor, |cursor, key| match key {
        b"resource" => {
            let start = w.len();
            resource(cursor, w)?;
            group.resource = Some(start..w.len());
            Ok(())
        }
        b"scopeSpans"
        | b"scope_spans"
        | b"instrumentationLibrarySpans"
        | b"instrumentation_library_spans" => {
            has_spans = true;
            array(cursor, |c| scope_spans(c, w, &mut group))
        }
        b"schemaUrl" | b"schema_url" => text(cursor, w, 3),
        _ => {
            is_strange = true;
            cursor.skip()
        }
    });
    w.close(group.open);
    read?;
    if is_strange && !has_spans {
        odd(
            cursor,
            at,
            "no `scopeSpans` in an element of `resourceSpans`",
        );
    }
    Ok(())
}

fn resource(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open(1);
    let read = object(cursor, |cursor, key| match key {
        b"attributes" => attributes(cursor, w, 1),
        b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 2),
        _ => cursor.skip(),
    });
    if read.is_err() {
        w.truncate(mark);
    } else {
        w.close(open);
    }
    read.map(drop)
}

fn scope_spans(cursor: &mut Cursor<'_>, w: &mut Writer, group: &mut Group) -> Result<(), Fault> {
    let at = cursor.at();
    let mut open = w.open(2);
    let mut own_scope = None;
    let mut has_spans = false;
    let mut is_strange = false;
    let read = object(cursor, |cursor, key| match key {
        b"scope" | b"instrumentationLibrary" | b"instrumentation_library" => {
            let start = w.len();
            scope(cursor, w)?;
            own_scope = Some(start..w.len());
            Ok(())
        }
        b"spans" => {
            has_spans = true;
            array(cursor, |c| {
                span(c, w)?;
                if w.len() - group.start > BATCH
                    && let (Some(resource), Some(scope)) = (&group.resource, &own_scope)
                {
                    // Long enough to be handed on: the rest repeats what these spans stand in.
                    w.close(open);
                    w.close(group.open);
                    let (old_resource, old_scope) = (resource.clone(), scope.clone());
                    w.cut();
                    group.start = w.len();
                    group.open = w.open(1);
                    w.repeat(old_resource);
                    open = w.open(2);
                    w.repeat(old_scope);
                }
                Ok(())
            })
        }
        b"schemaUrl" | b"schema_url" => text(cursor, w, 3),
        _ => {
            is_strange = true;
            cursor.skip()
        }
    });
    w.close(open);
    read?;
    if is_strange && !has_spans {
        odd(cursor, at, "no `spans` in an element of `scopeSpans`");
    }
    Ok(())
}

fn scope(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open(1);
    let read = object(cursor, |cursor, key| match key {
        b"name" => text(cursor, w, 1),
        b"version" => text(cursor, w, 2),
        b"attributes" => attributes(cursor, w, 3),
        b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 4),
        _ => cursor.skip(),
    });
    if read.is_err() {
        w.truncate(mark);
    } else {
        w.close(open);
    }
    read.map(drop)
}

fn span(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let at = cursor.at();
    let mark = w.len();
    let open = w.open(2);
    // Each is false where the field came and could not be read.
    let (mut trace_id, mut span_id) = (None, None);
    let mut is_timed = true;
    let read = object(cursor, |cursor, key| match key {
        b"traceId" | b"trace_id" => {
            trace_id = Some(id_field::<16>(cursor, w, 1)?);
            Ok(())
        }
        b"spanId" | b"span_id" => {
            span_id = Some(id_field::<8>(cursor, w, 2)?);
            Ok(())
        }
        b"traceState" | b"trace_state" => text(cursor, w, 3),
        b"parentSpanId" | b"parent_span_id" => parent(cursor, w),
        b"name" => text(cursor, w, 5),
        b"kind" => enumeration(cursor, w, 6, "SPAN_KIND_", &SPAN_KINDS),
        b"startTimeUnixNano" | b"start_time_unix_nano" => {
            is_timed &= time(cursor, w, 7)?;
            Ok(())
        }
        b"endTimeUnixNano" | b"end_time_unix_nano" => {
            is_timed &= time(cursor, w, 8)?;
            Ok(())
        }
        b"attributes" => attributes(cursor, w, 9),
        b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 10),
        b"events" => array(cursor, |c| event(c, w)),
        b"droppedEventsCount" | b"dropped_events_count" => count(cursor, w, 12),
        b"links" => array(cursor, |c| link(c, w)),
        b"droppedLinksCount" | b"dropped_links_count" => count(cursor, w, 14),
        b"status" => status(cursor, w),
        b"flags" => flags(cursor, w, 16),
        _ => cursor.skip(),
    });
    if matches!(read, Ok(true)) && is_timed && trace_id == Some(true) && span_id == Some(true) {
        w.close(open);
        return Ok(());
    }
    // Not an object at all, cut off, or without what makes a span.
    w.truncate(mark);
    if read? {
        if trace_id.is_none() {
            odd(cursor, at, "a span without a trace id, left out");
        } else if span_id.is_none() {
            odd(cursor, at, "a span without a span id, left out");
        }
    }
    Ok(())
}

fn event(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let open = w.open_short(11);
    object(cursor, |cursor, key| match key {
        b"timeUnixNano" | b"time_unix_nano" => time(cursor, w, 1).map(drop),
        b"name" => text(cursor, w, 2),
        b"attributes" => attributes(cursor, w, 3),
        b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 4),
        _ => cursor.skip(),
    })?;
    w.close_short(open);
    Ok(())
}

fn link(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let open = w.open_short(13);
    object(cursor, |cursor, key| match key {
        b"traceId" | b"trace_id" => id_field::<16>(cursor, w, 1).map(drop),
        b"spanId" | b"span_id" => id_field::<8>(cursor, w, 2).map(drop),
        b"traceState" | b"trace_state" => text(cursor, w, 3),
        b"attributes" => attributes(cursor, w, 4),
        b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 5),
        b"flags" => flags(cursor, w, 6),
        _ => cursor.skip(),
    })?;
    w.close_short(open);
    Ok(())
}

fn status(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let open = w.open_short(15);
    object(cursor, |cursor, key| match key {
        b"message" => text(cursor, w, 2),
        b"code" => enumeration(cursor, w, 3, "STATUS_CODE_", &STATUS_CODES),
        _ => cursor.skip(),
    })?;
    w.close_short(open);
    Ok(())
}

/// An array of `{"key": …, "value": …}`.
pub fn attributes(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    array(cursor, |cursor| key_value(cursor, w, field, 0))
}

fn key_value(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32, depth: u32) -> Result<(), Fault> {
    let at = cursor.at();
    let mark = w.len();
    let open = w.open_short(field);
    let mut has_key = false;
    let mut is_strange = false;
    let read = object(cursor, |cursor, key| match key {
        b"key" => {
            has_key = true;
            text(cursor, w, 1)
        }
        b"value" => {
            let open = w.open_short(2);
            any_value(cursor, w, depth)?;
            w.close_short(open);
            Ok(())
        }
        _ => {
            is_strange = true;
            cursor.skip()
        }
    })?;
    // An empty key is left out by some writers.
    if read && (has_key || !is_strange) {
        w.close_short(open);
        return Ok(());
    }
    w.truncate(mark);
    if read {
        odd(cursor, at, "an attribute without a `key`");
    }
    Ok(())
}

fn any_value(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<(), Fault> {
    let at = cursor.at();
    if depth >= MAX_VALUE_DEPTH {
        cursor.skip()?;
        odd(cursor, at, "a value nested too deeply");
        return Ok(());
    }
    let mut is_known = true;
    object(cursor, |cursor, key| match key {
        b"stringValue" | b"string_value" => text(cursor, w, 1),
        b"boolValue" | b"bool_value" => {
            if let Some(value) = read(cursor, "true or false", boolean)? {
                w.uint(2, u64::from(value));
            }
            Ok(())
        }
        b"intValue" | b"int_value" => {
            if let Some(value) = read(cursor, "a whole number", int)? {
                w.uint(3, value.cast_unsigned());
            }
            Ok(())
        }
        b"doubleValue" | b"double_value" => {
            if let Some(value) = read(cursor, "a number", double)? {
                w.fixed64(4, value.to_bits());
            }
            Ok(())
        }
        b"arrayValue" | b"array_value" => list(cursor, w, 5, |cursor, w| {
            let open = w.open_short(1);
            any_value(cursor, w, depth + 1)?;
            w.close_short(open);
            Ok(())
        }),
        b"kvlistValue" | b"kvlist_value" => {
            list(cursor, w, 6, |cursor, w| key_value(cursor, w, 1, depth + 1))
        }
        b"bytesValue" | b"bytes_value" => bytes(cursor, w, 7),
        _ => {
            is_known = false;
            cursor.skip()
        }
    })?;
    if !is_known {
        odd(cursor, at, "a value of no known type");
    }
    Ok(())
}

fn bytes(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    let at = cursor.at();
    let Some(raw) = raw(cursor)? else {
        return Ok(());
    };
    let mark = w.len();
    let mut whole = true;
    w.filled(field, |out| whole = base64(&raw.unescape(), out));
    if !whole {
        w.truncate(mark);
        odd(cursor, at, "not base64");
    }
    Ok(())
}

/// `{"values": […]}`, or `null`, which says nothing.
fn list(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
    mut element: impl FnMut(&mut Cursor<'_>, &mut Writer) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open_short(field);
    let read = object(cursor, |cursor, key| match key {
        b"values" => array(cursor, |cursor| element(cursor, w)),
        _ => cursor.skip(),
    })?;
    if read {
        w.close_short(open);
    } else {
        w.truncate(mark);
    }
    Ok(())
}

/// As [`Cursor::object`]; what is neither an object nor null is noted.
#[inline]
fn object(
    cursor: &mut Cursor<'_>,
    field: impl FnMut(&mut Cursor<'_>, &[u8]) -> Result<(), Fault>,
) -> Result<bool, Fault> {
    let at = cursor.at();
    let is_null = cursor.peek() == Some(b'n');
    let read = cursor.object(field)?;
    if !read && !is_null {
        odd(cursor, at, "not an object");
    }
    Ok(read)
}

/// As [`Cursor::array`]; what is neither an array nor null is noted.
#[inline]
fn array(
    cursor: &mut Cursor<'_>,
    element: impl FnMut(&mut Cursor<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let at = cursor.at();
    let is_null = cursor.peek() == Some(b'n');
    if !cursor.array(element)? && !is_null {
        odd(cursor, at, "not an array");
    }
    Ok(())
}

/// A string, or null; anything else is noted.
#[inline]
fn raw<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Raw<'a>>, Fault> {
    let at = cursor.at();
    let is_null = cursor.peek() == Some(b'n');
    let raw = cursor.text()?;
    if raw.is_none() && !is_null {
        odd(cursor, at, "not text");
    }
    Ok(raw)
}

/// A scalar as `parse` reads it, or null; anything else is noted as not being `what`.
#[inline]
fn read<T>(
    cursor: &mut Cursor<'_>,
    what: &str,
    parse: impl FnOnce(&Scalar<'_>) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let at = cursor.at();
    let scalar = cursor.scalar()?;
    let value = parse(&scalar);
    if value.is_none() && scalar != Scalar::Null {
        odd(cursor, at, &format!("not {what}"));
    }
    Ok(value)
}

#[cold]
fn odd(cursor: &mut Cursor<'_>, at: usize, what: &str) {
    let message = format!("{what}: `{}`", cursor.excerpt(at));
    cursor.odd(at, message);
}

fn text(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    if let Some(raw) = raw(cursor)? {
        if raw.escaped {
            w.filled(field, |out| raw.unescape_into(out));
        } else {
            w.bytes_field(field, raw.bytes);
        }
    }
    Ok(())
}

/// Whether there was an id that could be read.
fn id_field<const N: usize>(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
) -> Result<bool, Fault> {
    let at = cursor.at();
    let found = cursor.text()?.and_then(id::<N>).filter(|id| *id != [0; N]);
    match found {
        Some(id) => w.bytes_field(field, &id),
        None => odd(cursor, at, &format!("not an id of {} hex digits", 2 * N)),
    }
    Ok(found.is_some())
}

/// A parent that cannot be read is still a parent: such a span is an orphan, never a root.
fn parent(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let at = cursor.at();
    let Some(raw) = raw(cursor)? else {
        return Ok(());
    };
    if raw.bytes.is_empty() {
        return Ok(());
    }
    let id = id::<8>(raw).unwrap_or_else(|| {
        odd(cursor, at, "a parent that is no id of 16 hex digits");
        let mut unknown = [0xff; 8];
        for (byte, &given) in unknown.iter_mut().zip(raw.bytes) {
            *byte = given;
        }
        unknown
    });
    w.bytes_field(4, &id);
    Ok(())
}

/// Whether it was a time, or nothing.
fn time(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<bool, Fault> {
    let at = cursor.at();
    let scalar = cursor.scalar()?;
    match uint(&scalar) {
        Some(value) => w.fixed64(field, value),
        None if scalar == Scalar::Null => {}
        None => {
            odd(cursor, at, "not a time in nanoseconds since 1970");
            return Ok(false);
        }
    }
    Ok(true)
}

fn count(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    let parse = |scalar: &Scalar<'_>| uint(scalar).and_then(|value| u32::try_from(value).ok());
    if let Some(value) = read(cursor, "a count of 32 bits", parse)? {
        w.uint(field, u64::from(value));
    }
    Ok(())
}

fn flags(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    let parse = |scalar: &Scalar<'_>| uint(scalar).and_then(|value| u32::try_from(value).ok());
    if let Some(value) = read(cursor, "flags of 32 bits", parse)? {
        w.fixed32(field, value);
    }
    Ok(())
}

fn enumeration(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
    prefix: &str,
    names: &[&str],
) -> Result<(), Fault> {
    // Enums are open: numbers without a name stay, below zero too.
    let parse = |scalar: &Scalar<'_>| match int(scalar) {
        Some(value) => i32::try_from(value)
            .ok()
            .map(|v| i64::from(v).cast_unsigned()),
        None => choice(scalar, prefix, names),
    };
    if let Some(value) = read(cursor, "a name or a number of the enumeration", parse)? {
        w.uint(field, value);
    }
    Ok(())
}
