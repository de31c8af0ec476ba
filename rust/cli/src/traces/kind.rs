//! Which kind of trace file it is, told by its first bytes.

use std::io;

use super::source::Source;

/// How much is looked at.
const PREFIX: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Empty,
    /// OTLP, Jaeger or Zipkin JSON: lines or documents.
    Json,
    /// Each message behind its length in four big-endian bytes.
    Frames,
    /// One bare protobuf request.
    Request,
    Unknown,
}

/// Takes a byte order mark, nothing else.
pub fn of(source: &mut Source) -> io::Result<Kind> {
    if source.fill(PREFIX)?.starts_with(b"\xef\xbb\xbf") {
        source.take(3);
    }
    Ok(of_prefix(source.window()))
}

fn of_prefix(prefix: &[u8]) -> Kind {
    let prefix = &prefix[..prefix.len().min(PREFIX)];
    if prefix.is_empty() {
        return Kind::Empty;
    }
    // Both a newline and the first tag of a request: the harder test goes first.
    if prefix[0] == 0x0a && is_request(prefix) {
        return Kind::Request;
    }
    match prefix.trim_ascii_start().first() {
        Some(b'{' | b'[') => return Kind::Json,
        None => return Kind::Empty,
        _ => {}
    }
    if is_frame(prefix) {
        return Kind::Frames;
    }
    Kind::Unknown
}

fn is_frame(prefix: &[u8]) -> bool {
    let Some((length, rest)) = prefix.split_first_chunk::<4>() else {
        return false;
    };
    match u32::from_be_bytes(*length) {
        // An empty request: the next frame tells, if there is one.
        0 => rest.is_empty() || is_frame(rest),
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

/// Takes a varint; `None` where it does not end in time.
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *bytes = &bytes[index + 1..];
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_by_the_first_bytes() {
        assert_eq!(of_prefix(b""), Kind::Empty);
        assert_eq!(of_prefix(b" \n\n"), Kind::Empty);
        assert_eq!(of_prefix(b"\n{\n  \"resourceSpans\": []\n}"), Kind::Json);
        assert_eq!(of_prefix(b"[{\"traceId\":\"1\"}]"), Kind::Json);
        assert_eq!(of_prefix(b"\x0a\x02\x12\x00"), Kind::Request);
        assert_eq!(of_prefix(b"\x0a\x00"), Kind::Request);
        assert_eq!(of_prefix(b"\x00\x00\x00\x04\x0a\x02\x12\x00"), Kind::Frames);
        assert_eq!(of_prefix(b"\x00\x00\x00\x00"), Kind::Frames);
        assert_eq!(of_prefix(b"\x00\x00\x01\x00\x28\xb5\x2f\xfd"), Kind::Frames);
        assert_eq!(of_prefix(b"# Traces\n"), Kind::Unknown);
        assert_eq!(of_prefix(b"\x7fELF\x02\x01\x01"), Kind::Unknown);
        assert_eq!(of_prefix(b"\n{\n {\n  \"data\": []}}"), Kind::Json);
    }
}
