//! A bare protobuf request of any length: whole `ResourceSpans` records are handed on as they come.
//!
//! Where the input ends inside a record, the spans that are whole are kept: [`salvage`] writes them
//! anew with the lengths they need.

use super::MAX_PIECE;
use crate::traces::out::Out;
use crate::traces::source::Source;
use crate::traces::wire::varint::varint;
use crate::traces::wire::write::Writer;
use crate::traces::{At, unreadable};

/// The longest tag and length: two varints.
const MAX_HEAD: usize = 20;

/// Reads to the end of the input.
pub fn read(source: &mut Source<'_>, out: &mut Out<'_>) {
    loop {
        let at = At::Byte(source.offset());
        if let Err(error) = source.fill(MAX_HEAD) {
            out.broken(at, &unreadable(&error));
        }
        let window = source.window();
        if window.is_empty() {
            return;
        }
        let mut whole = 0;
        let mut wanted = 0;
        let mut is_broken = false;
        while whole < window.len() {
            match record_length(&window[whole..]) {
                Some(length) if length <= window.len() - whole => whole += length,
                Some(length) => {
                    wanted = length;
                    break;
                }
                None => {
                    is_broken = window.len() - whole >= MAX_HEAD || whole == 0;
                    break;
                }
            }
        }
        if whole > 0 {
            out.batch(&window[..whole], at);
            source.take(whole);
            continue;
        }
        if is_broken {
            out.broken(at, "not protobuf: a record without a valid tag or length");
            return;
        }
        if wanted > MAX_PIECE {
            let message = format!(
                "a record of {wanted} bytes, more than {} MiB: left out",
                MAX_PIECE >> 20
            );
            out.broken(at, &message);
            if let Err(error) = source.pass(wanted as u64) {
                out.broken(at, &unreadable(&error));
            }
            continue;
        }
        let available = match source.fill(wanted) {
            Ok(window) => window.len(),
            Err(error) => {
                out.broken(at, &unreadable(&error));
                source.window().len()
            }
        };
        if available < wanted {
            let end = At::Byte(source.offset() + available as u64);
            out.broken(
                end,
                &format!("the protobuf ends early: a record of {wanted} bytes has {available}"),
            );
            let whole = salvage(source.window());
            if !whole.is_empty() {
                out.batch(whole.bytes(), at);
            }
            return;
        }
    }
}

/// The length of the field at the front, head and all; `None` where that cannot be told.
fn record_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let tag = varint(&mut rest)?;
    if tag >> 3 == 0 {
        return None;
    }
    let head = bytes.len() - rest.len();
    let body = match tag & 7 {
        0 => {
            let before = rest.len();
            varint(&mut rest)?;
            before - rest.len()
        }
        1 => 8,
        2 => {
            let before = rest.len();
            let length = usize::try_from(varint(&mut rest)?).ok()?;
            length.checked_add(before - rest.len())?
        }
        5 => 4,
        _ => return None,
    };
    head.checked_add(body)
}

/// What is whole of a request that was cut off: records, scopes' spans, up to the cut.
#[must_use]
pub fn salvage(request: &[u8]) -> Writer {
    let mut writer = Writer::default();
    salvage_fields(request, &[1, 2, 2], &mut writer);
    writer
}

/// Copies whole fields; a cut one whose number is `path`'s first is entered, unless it is the last.
fn salvage_fields(mut bytes: &[u8], path: &[u32], writer: &mut Writer) {
    while !bytes.is_empty() {
        let Some(length) = record_length(bytes) else {
            return;
        };
        if let Some(field) = bytes.get(..length) {
            writer.append(field);
            bytes = &bytes[length..];
            continue;
        }
        let [field, deeper @ ..] = path else {
            return;
        };
        let mut rest = bytes;
        let tag = varint(&mut rest);
        if tag != Some(u64::from(field << 3 | 2)) || deeper.is_empty() {
            return;
        }
        varint(&mut rest);
        let open = writer.open(*field);
        salvage_fields(rest, deeper, writer);
        writer.close(open);
        return;
    }
}
