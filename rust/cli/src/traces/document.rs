//! One JSON document that is in memory, of whichever kind its keys say.
//!
//! OTLP requests are written as they are read. Jaeger traces and Zipkin spans are known by their ids'
//! spelling and are put together from a tree. Arrays of any of them are read element by element.

use super::token::{Cursor, Fault};
use super::tree::Tree;
use super::write::Writer;
use super::{jaeger, otlp_json, zipkin};

/// What a document turned out to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// JSON, but of nothing that is known.
    Unknown,
    /// Known, or empty.
    Known,
}

/// Reads the whole of `text` and appends the spans to `w` as OTLP protobuf. On a fault, what was
/// complete before it stays written.
pub fn read(text: &[u8], w: &mut Writer) -> Result<Content, Fault> {
    let mut cursor = Cursor::new(text);
    let content = value(&mut cursor, w, 0)?;
    cursor.end()?;
    Ok(content)
}

/// One value: an object of any known kind, or an array of such.
pub fn value(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<Content, Fault> {
    if cursor.peek() != Some(b'[') || depth > 2 {
        return object(cursor, w, depth);
    }
    let mut content = None;
    cursor.array(|cursor| {
        let element = value(cursor, w, depth + 1)?;
        content = content.max(Some(element));
        Ok(())
    })?;
    Ok(content.unwrap_or(Content::Known))
}

fn object(cursor: &mut Cursor<'_>, w: &mut Writer, depth: u32) -> Result<Content, Fault> {
    let mut start = cursor.clone();
    let mut content = Content::Unknown;
    let mut is_empty = true;
    let mut is_tree = false;
    let is_object = cursor.object(|cursor, key| {
        is_empty = false;
        match key {
            b"resourceSpans" | b"resource_spans" => {
                content = Content::Known;
                cursor
                    .array(|cursor| otlp_json::resource_spans(cursor, w))
                    .map(drop)
            }
            b"data" if depth == 0 => {
                content = Content::Known;
                cursor
                    .array(|cursor| value(cursor, w, depth + 1).map(drop))
                    .map(drop)
            }
            // Other signals, which a file exporter may write into the same file.
            b"resourceMetrics" | b"resourceLogs" | b"resourceProfiles" => {
                content = Content::Known;
                cursor.skip()
            }
            b"traceID" | b"traceId" | b"spans" => {
                is_tree = true;
                cursor.skip()
            }
            _ => cursor.skip(),
        }
    })?;
    if is_tree && content == Content::Unknown {
        let tree = Tree::read(&mut start)?;
        if matches!(tree.get("spans"), Tree::List(_)) {
            jaeger::trace(&tree, w);
        } else {
            zipkin::span(&tree, w);
        }
        return Ok(Content::Known);
    }
    Ok(if is_object && is_empty {
        Content::Known
    } else {
        content
    })
}
