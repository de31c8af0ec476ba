//! The little that is read of a request here: the latest span end, for those who let the recording tell
//! the time, whose spans they are, and what they come from.

use super::varint::varint;

/// In Unix nanoseconds; 0 where no span has an end. Stops at malformed bytes.
#[must_use]
pub fn latest_end(request: &[u8]) -> u64 {
    within(request, &[1, 2, 2])
}

/// Follows the message fields of `path`, then reads field 8 (`end_time_unix_nano`, fixed64).
fn within(mut bytes: &[u8], path: &[u32]) -> u64 {
    let mut latest = 0;
    while let Some((field, content)) = next_field(&mut bytes) {
        match (path, content) {
            ([next, deeper @ ..], Content::Message(body)) if *next == field => {
                latest = latest.max(within(body, deeper));
            }
            ([], Content::Fixed64(value)) if field == 8 => latest = latest.max(value),
            _ => {}
        }
    }
    latest
}

/// The ids of the traces that a request has spans of, each once.
#[must_use]
pub fn traces_of(request: &[u8]) -> Vec<[u8; 16]> {
    let mut traces = Vec::new();
    ids(request, &[1, 2, 2], &mut traces);
    traces.sort_unstable();
    traces.dedup();
    traces
}

/// Follows the message fields of `path`, then reads field 1 (`trace_id`).
fn ids(mut bytes: &[u8], path: &[u32], traces: &mut Vec<[u8; 16]>) {
    while let Some((field, content)) = next_field(&mut bytes) {
        match (path, content) {
            ([next, deeper @ ..], Content::Message(body)) if *next == field => {
                ids(body, deeper, traces);
            }
            ([], Content::Message(id)) if field == 1 => traces.extend(<[u8; 16]>::try_from(id)),
            _ => {}
        }
    }
}

/// A span's trace, and its start in Unix nanoseconds; 0 where it has none.
pub type TraceStart = ([u8; 16], u64);

/// Calls `visit` for the spans of each resource: with the bytes of the `Resource` and with what each span says. Spans without
/// a usable trace id are passed over; stops at malformed bytes.
pub fn by_resource(mut request: &[u8], mut visit: impl FnMut(&[u8], &[TraceStart])) {
    let mut spans = Vec::new();
    while let Some((field, content)) = next_field(&mut request) {
        let (1, Content::Message(mut group)) = (field, content) else {
            continue;
        };
        let mut resource: &[u8] = &[];
        spans.clear();
        while let Some((field, content)) = next_field(&mut group) {
            match (field, content) {
                (1, Content::Message(body)) => resource = body,
                (2, Content::Message(scope)) => starts(scope, &mut spans),
                _ => {}
            }
        }
        if !spans.is_empty() {
            visit(resource, &spans);
        }
    }
}

/// Of the spans of one scope, fields 1 (`trace_id`) and 7 (`start_time_unix_nano`).
fn starts(mut scope: &[u8], into: &mut Vec<TraceStart>) {
    while let Some((field, content)) = next_field(&mut scope) {
        let (2, Content::Message(mut span)) = (field, content) else {
            continue;
        };
        let (mut trace, mut start) = (None, 0);
        while let Some((field, content)) = next_field(&mut span) {
            match (field, content) {
                (1, Content::Message(id)) => trace = <[u8; 16]>::try_from(id).ok(),
                (7, Content::Fixed64(value)) => start = value,
                _ => {}
            }
        }
        into.extend(trace.map(|trace| (trace, start)));
    }
}

enum Content<'a> {
    Message(&'a [u8]),
    Fixed64(u64),
    Other,
}

fn next_field<'a>(bytes: &mut &'a [u8]) -> Option<(u32, Content<'a>)> {
    let tag = varint(bytes)?;
    let content = match tag & 7 {
        0 => {
            varint(bytes)?;
            Content::Other
        }
        1 => {
            let (value, rest) = bytes.split_first_chunk::<8>()?;
            *bytes = rest;
            Content::Fixed64(u64::from_le_bytes(*value))
        }
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (body, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Content::Message(body)
        }
        5 => {
            *bytes = bytes.get(4..)?;
            Content::Other
        }
        _ => return None,
    };
    Some((u32::try_from(tag >> 3).ok()?, content))
}
