//! OTLP JSON, straight into OTLP protobuf: each field is written as it is met.
//!
//! As forgiving as the Collector, and then some: keys in either spelling, numbers in strings, enums
//! by name, ids in any case, `null` anywhere, unknown keys skipped, a value of the wrong type
//! left out. Where the text stops being JSON, the spans that were complete stay written. Field
//! numbers: opentelemetry-proto v1.9, `trace.proto`, `common.proto`, `resource.proto`.

use super::scalar::{SPAN_KINDS, STATUS_CODES, base64, boolean, choice, double, id, int, uint};
use super::token::{Cursor, Fault};
use super::write::Writer;

/// Arrays and maps nested deeper than this inside an attribute are left out: each level is two
/// messages, and common protobuf decoders stop at a hundred.
const MAX_VALUE_DEPTH: u32 = 32;

/// One element of `resourceSpans`.
pub fn resource_spans(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let open = w.open(1);
    let read = cursor.object(|cursor, key| match key {
        b"resource" => resource(cursor, w),
        b"scopeSpans" | b"scope_spans" => cursor.array(|c| scope_spans(c, w)).map(drop),
        b"schemaUrl" | b"schema_url" => text(cursor, w, 3),
        _ => cursor.skip(),
    });
    w.close(open);
    read.map(drop)
}

fn resource(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open(1);
    let read = cursor.object(|cursor, key| match key {
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

fn scope_spans(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let open = w.open(2);
    let read = cursor.object(|cursor, key| match key {
        b"scope" => scope(cursor, w),
        b"spans" => cursor.array(|c| span(c, w)).map(drop),
        b"schemaUrl" | b"schema_url" => text(cursor, w, 3),
        _ => cursor.skip(),
    });
    w.close(open);
    read.map(drop)
}

fn scope(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open(1);
    let read = cursor.object(|cursor, key| match key {
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
    let mark = w.len();
    let open = w.open(2);
    let read = cursor.object(|cursor, key| match key {
        b"traceId" | b"trace_id" => id_field::<16>(cursor, w, 1),
        b"spanId" | b"span_id" => id_field::<8>(cursor, w, 2),
        b"traceState" | b"trace_state" => text(cursor, w, 3),
        b"parentSpanId" | b"parent_span_id" => parent(cursor, w),
        b"name" => text(cursor, w, 5),
        b"kind" => enumeration(cursor, w, 6, "SPAN_KIND_", &SPAN_KINDS),
        b"startTimeUnixNano" | b"start_time_unix_nano" => time(cursor, w, 7),
        b"endTimeUnixNano" | b"end_time_unix_nano" => time(cursor, w, 8),
        b"attributes" => attributes(cursor, w, 9),
        b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 10),
        b"events" => cursor.array(|c| event(c, w)).map(drop),
        b"droppedEventsCount" | b"dropped_events_count" => count(cursor, w, 12),
        b"links" => cursor.array(|c| link(c, w)).map(drop),
        b"droppedLinksCount" | b"dropped_links_count" => count(cursor, w, 14),
        b"status" => status(cursor, w),
        b"flags" => flags(cursor, w, 16),
        _ => cursor.skip(),
    });
    match read {
        Ok(true) => w.close(open),
        // Not an object at all, or cut off: there is no such span.
        Ok(false) | Err(_) => w.truncate(mark),
    }
    read.map(drop)
}

fn event(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let open = w.open_short(11);
    cursor.object(|cursor, key| match key {
        b"timeUnixNano" | b"time_unix_nano" => time(cursor, w, 1),
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
    cursor.object(|cursor, key| match key {
        b"traceId" | b"trace_id" => id_field::<16>(cursor, w, 1),
        b"spanId" | b"span_id" => id_field::<8>(cursor, w, 2),
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
    cursor.object(|cursor, key| match key {
        b"message" => text(cursor, w, 2),
        b"code" => enumeration(cursor, w, 3, "STATUS_CODE_", &STATUS_CODES),
        _ => cursor.skip(),
    })?;
    w.close_short(open);
    Ok(())
}

/// An array of `{"key": …, "value": …}`.
fn attributes(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    cursor
        .array(|cursor| key_value(cursor, w, field, 0))
        .map(drop)
}

fn key_value(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32, depth: u32) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open_short(field);
    let read = cursor.object(|cursor, key| match key {
        b"key" => text(cursor, w, 1),
        b"value" => {
            let open = w.open_short(2);
            any_value(cursor, w, depth)?;
            w.close_short(open);
            Ok(())
        }
        _ => cursor.skip(),
    })?;
    if read {
        w.close_short(open);
    } else {
        w.truncate(mark);
    }
    Ok(())
}

fn any_value(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<(), Fault> {
    if depth >= MAX_VALUE_DEPTH {
        return cursor.skip();
    }
    cursor
        .object(|cursor, key| match key {
            b"stringValue" | b"string_value" => text(cursor, w, 1),
            b"boolValue" | b"bool_value" => {
                if let Some(value) = boolean(&cursor.scalar()?) {
                    w.uint(2, u64::from(value));
                }
                Ok(())
            }
            b"intValue" | b"int_value" => {
                if let Some(value) = int(&cursor.scalar()?) {
                    w.uint(3, value.cast_unsigned());
                }
                Ok(())
            }
            b"doubleValue" | b"double_value" => {
                if let Some(value) = double(&cursor.scalar()?) {
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
            b"bytesValue" | b"bytes_value" => {
                let Some(raw) = cursor.text()? else {
                    return Ok(());
                };
                let mark = w.len();
                let mut whole = true;
                w.filled(7, |out| whole = base64(&raw.unescape(), out));
                if !whole {
                    w.truncate(mark);
                }
                Ok(())
            }
            _ => cursor.skip(),
        })
        .map(drop)
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
    let read = cursor.object(|cursor, key| match key {
        b"values" => cursor.array(|cursor| element(cursor, w)).map(drop),
        _ => cursor.skip(),
    })?;
    if read {
        w.close_short(open);
    } else {
        w.truncate(mark);
    }
    Ok(())
}

fn text(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    if let Some(raw) = cursor.text()? {
        if raw.escaped {
            w.filled(field, |out| raw.unescape_into(out));
        } else {
            w.bytes_field(field, raw.bytes);
        }
    }
    Ok(())
}

fn id_field<const N: usize>(
    cursor: &mut Cursor<'_>,
    w: &mut Writer,
    field: u32,
) -> Result<(), Fault> {
    if let Some(raw) = cursor.text()?
        && let Some(id) = id::<N>(raw)
    {
        w.bytes_field(field, &id);
    }
    Ok(())
}

/// A parent that cannot be read is still a parent: such a span is an orphan, never a root.
fn parent(cursor: &mut Cursor<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Some(raw) = cursor.text()? else {
        return Ok(());
    };
    if raw.bytes.is_empty() {
        return Ok(());
    }
    let id = id::<8>(raw).unwrap_or_else(|| {
        let mut unknown = [0xff; 8];
        for (byte, &given) in unknown.iter_mut().zip(raw.bytes) {
            *byte = given;
        }
        unknown
    });
    w.bytes_field(4, &id);
    Ok(())
}

fn time(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    if let Some(value) = uint(&cursor.scalar()?) {
        w.fixed64(field, value);
    }
    Ok(())
}

fn count(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    if let Some(value) = uint(&cursor.scalar()?).and_then(|value| u32::try_from(value).ok()) {
        w.uint(field, u64::from(value));
    }
    Ok(())
}

fn flags(cursor: &mut Cursor<'_>, w: &mut Writer, field: u32) -> Result<(), Fault> {
    if let Some(value) = uint(&cursor.scalar()?).and_then(|value| u32::try_from(value).ok()) {
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
    let value = choice(&cursor.scalar()?, prefix, names);
    if let Some(value) = value.filter(|value| *value <= i32::MAX as u64) {
        w.uint(field, value);
    }
    Ok(())
}
