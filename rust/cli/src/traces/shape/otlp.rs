//! OTLP JSON, straight into OTLP protobuf: each field is written as it is met.
//!
//! As forgiving as the Collector, and then some: keys in either spelling and of either year (scopes were
//! called instrumentation libraries), numbers in strings, enums by name, ids in hex of any case or in
//! base64, `null` anywhere, unknown keys skipped. A value that is not understood is left out and noted with
//! the cursor; a span whose ids or times are not, as a whole. Where the text stops being JSON, the spans
//! that were complete stay written. Field numbers: opentelemetry-proto v1.9, `trace.proto`,
//! `common.proto`, `resource.proto`.

use std::ops::Range;

use super::otlp_field::{
    array, count, enumeration, flags, id_field, object, odd, parent, text, time,
};
use super::otlp_value::attributes;
use crate::traces::text::fault::Fault;
use crate::traces::text::scalar::{SPAN_KINDS, STATUS_CODES};
use crate::traces::text::token::Cursor;
use crate::traces::wire::write::{BATCH, Open, Writer};

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
    whole_or_nothing(w, |w| {
        object(cursor, |cursor, key| match key {
            b"attributes" => attributes(cursor, w, 1),
            b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 2),
            _ => cursor.skip(),
        })
    })
}

/// Writes a resource or a scope, which both are the first field of what they stand in; of one that is cut off nothing stays.
fn whole_or_nothing(
    w: &mut Writer,
    write: impl FnOnce(&mut Writer) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let mark = w.len();
    let open = w.open(1);
    let written = write(w);
    if written.is_err() {
        w.truncate(mark);
    } else {
        w.close(open);
    }
    written.map(drop)
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
    whole_or_nothing(w, |w| {
        object(cursor, |cursor, key| match key {
            b"name" => text(cursor, w, 1),
            b"version" => text(cursor, w, 2),
            b"attributes" => attributes(cursor, w, 3),
            b"droppedAttributesCount" | b"dropped_attributes_count" => count(cursor, w, 4),
            _ => cursor.skip(),
        })
    })
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
