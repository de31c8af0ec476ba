//! The latest span end in a request, for those who let the recording tell the time.

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
