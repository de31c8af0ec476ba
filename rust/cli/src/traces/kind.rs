//! Which kind of trace file it is, told by its first bytes.

use std::io;

use super::source::Source;
use super::wire::varint::varint;

/// How much of binary data is looked at.
const PREFIX: usize = 4096;

/// How much of plain text is searched for a first trace.
const TEXT_PREFIX: usize = 256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Empty,
    /// JSON of any shape: lines or documents.
    Json,
    /// Lines of a program's log, some of which hold JSON behind a prefix.
    Log,
    /// Objects as Node.js prints them.
    Inspected,
    /// Each message behind its length in four big-endian bytes.
    Frames,
    /// One bare protobuf request.
    Request,
    Tar,
    Zip,
    Parquet,
    /// Known, and not read: what it is, and what to do instead.
    Named(&'static str),
    Unknown,
}

/// Takes a byte order mark, nothing else.
pub fn of(source: &mut Source<'_>) -> io::Result<Kind> {
    if source.fill(PREFIX)?.starts_with(b"\xef\xbb\xbf") {
        source.take(3);
    }
    let kind = of_prefix(source.window());
    if kind != Kind::Unknown {
        return Ok(kind);
    }
    // An error is met again, and told, where the text is read.
    let text = source.fill(TEXT_PREFIX).unwrap_or_default();
    Ok(of_text(&text[..text.len().min(TEXT_PREFIX)]))
}

fn of_prefix(prefix: &[u8]) -> Kind {
    let prefix = &prefix[..prefix.len().min(PREFIX)];
    // Blank lines are no request of as many bytes as a newline says.
    if prefix.trim_ascii().is_empty() {
        return Kind::Empty;
    }
    // POSIX puts the word at the end of the first header's checksum and type.
    if prefix.get(257..262) == Some(b"ustar") {
        return Kind::Tar;
    }
    match prefix {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Kind::Zip,
        [b'P', b'A', b'R', b'1', ..] => return Kind::Parquet,
        _ => {}
    }
    // Both a newline and the first tag of a request: the harder test goes first.
    if prefix[0] == 0x0a && is_request(prefix) {
        return Kind::Request;
    }
    let text = prefix.trim_ascii_start();
    if let Some(b'{' | b'[') = text.first() {
        return of_json(text);
    }
    if is_frame(prefix) {
        return Kind::Frames;
    }
    Kind::Unknown
}

/// JSON, or what a program prints that looks like it at first.
fn of_json(prefix: &[u8]) -> Kind {
    let inside = prefix[1..].trim_ascii_start();
    let is_text = prefix.iter().all(|byte| *byte != 0);
    match inside.first() {
        // `{ resource: {…`: an object as JavaScript prints it; `[INFO] …`: a log.
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') if is_text => match of_text(prefix) {
            Kind::Unknown => Kind::Json,
            known => known,
        },
        _ => Kind::Json,
    }
}

/// The beginnings of the JSON that a log may hold: requests, and the records that Java's logging
/// exporter writes.
pub const IN_A_LOG: [&[u8]; 3] = [
    b"{\"resourceSpans\":",
    b"{\"resource\":{",
    b"{\"scopeSpans\":",
];

/// Where in a line of a log such JSON begins.
#[must_use]
pub fn in_a_log(line: &[u8]) -> Option<usize> {
    IN_A_LOG
        .iter()
        .filter_map(|start| memchr::memmem::find(line, start))
        .min()
}

fn of_text(text: &[u8]) -> Kind {
    if memchr::memchr(0, text).is_some() {
        return Kind::Unknown;
    }
    if in_a_log(text).is_some() {
        return Kind::Log;
    }
    let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    if has(b"instrumentationScope: {") && has(b"traceId: '") {
        return Kind::Inspected;
    }
    if has(b"Activity.TraceId:") && has(b"Activity.SpanId:") {
        return Kind::Named(
            "the console exporter of OpenTelemetry for .NET prints text for people; export with OTLP to the \
             Collector's file exporter instead",
        );
    }
    Kind::Unknown
}

fn is_frame(prefix: &[u8]) -> bool {
    let Some((length, rest)) = prefix.split_first_chunk::<4>() else {
        return false;
    };
    match u32::from_be_bytes(*length) {
        // An empty request: the next frame tells. Zeros alone are no traces.
        0 => is_frame(rest),
        _ => match rest.first() {
            Some(0x0a | b'{') => true,
            Some(0x28) => rest.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || rest.len() < 4,
            Some(_) => false,
            None => true,
        },
    }
}

/// The fields of `ResourceSpans`, `Resource` and `ScopeSpans` that make a request plausible, as far
/// as the prefix goes.
fn is_request(prefix: &[u8]) -> bool {
    let Some((body, _)) = length_delimited(&prefix[1..]) else {
        return false;
    };
    let mut rest = body;
    while let Some((&tag, after)) = rest.split_first() {
        // resource, scope_spans, schema_url: all of them behind a length.
        let known: &[u8] = match tag {
            0x0a => &[0x0a, 0x10, 0x1a],
            0x12 => &[0x0a, 0x12, 0x1a],
            0x1a => &[],
            _ => return false,
        };
        let Some((inner, behind)) = length_delimited(after) else {
            return after.len() < 10;
        };
        let fits = inner.first().is_none_or(|tag| known.contains(tag));
        if tag != 0x1a && !fits {
            return false;
        }
        rest = behind;
    }
    true
}

/// What a varint length in front covers (cut where the prefix ends), and what stands behind it.
fn length_delimited(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    let length = varint(&mut rest)?;
    let length = usize::try_from(length).ok()?.min(rest.len());
    Some(rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_by_the_first_bytes() {
        assert_eq!(of_prefix(b""), Kind::Empty);
        assert_eq!(of_prefix(b" \n\n"), Kind::Empty);
        assert_eq!(of_prefix(b"\n\n"), Kind::Empty);
        assert_eq!(of_prefix(b"\n\n \t\r\n"), Kind::Empty);
        assert_eq!(of_prefix(b"\n{\n  \"resourceSpans\": []\n}"), Kind::Json);
        assert_eq!(of_prefix(b"[{\"traceId\":\"1\"}]"), Kind::Json);
        assert_eq!(of_prefix(b"\x0a\x02\x12\x00"), Kind::Request);
        assert_eq!(of_prefix(b"\x0a\x00"), Kind::Request);
        assert_eq!(of_prefix(b"\x00\x00\x00\x04\x0a\x02\x12\x00"), Kind::Frames);
        assert_eq!(of_prefix(&[0; 64]), Kind::Unknown);
        let behind_an_empty_one = b"\x00\x00\x00\x00\x00\x00\x00\x04\x0a\x02\x12\x00";
        assert_eq!(of_prefix(behind_an_empty_one), Kind::Frames);
        assert_eq!(of_prefix(b"\x00\x00\x01\x00\x28\xb5\x2f\xfd"), Kind::Frames);
        assert_eq!(of_prefix(b"# Traces\n"), Kind::Unknown);
        assert_eq!(of_prefix(b"\x7fELF\x02\x01\x01"), Kind::Unknown);
        assert_eq!(of_prefix(b"\n{\n {\n  \"data\": []}}"), Kind::Json);
        assert_eq!(of_prefix(b"{oops}"), Kind::Json);
        assert_eq!(of_text(b"10:13 INFO: {\"resource\":{}}"), Kind::Log);
        assert_eq!(of_prefix(b"[otel] {\"resourceSpans\":[]}"), Kind::Log);
        assert_eq!(of_text(b"10:13 INFO: nothing"), Kind::Unknown);
        assert_eq!(
            of_prefix(b"{\n  instrumentationScope: {\n  traceId: 'ab',\n"),
            Kind::Inspected
        );
    }
}
