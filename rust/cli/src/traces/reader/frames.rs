//! Messages behind their length in four big-endian bytes, as the Collector's file exporter writes
//! protobuf and everything compressed. Each is a protobuf request or a JSON document, plain or zstd.

use std::io::Read;

use super::MAX_PIECE;
use super::request::salvage;
use crate::traces::out::Out;
use crate::traces::shape::document;
use crate::traces::source::Source;
use crate::traces::text::token::Cursor;
use crate::traces::text::told::Told;
use crate::traces::wire::write::Writer;
use crate::traces::{At, unreadable};

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What one message may decompress to; a longer one is taken for an attack.
const MAX_MESSAGE: u64 = MAX_PIECE as u64;

/// Behind a frame this long the next one is read into a buffer of its own, not through the window.
const LONG: usize = 64 << 10;

/// Reads to the end of the input.
pub fn read(source: &mut Source<'_>, out: &mut Out<'_>) {
    let (mut frame, mut plain) = (Vec::new(), Vec::new());
    let mut is_long = false;
    loop {
        let at = At::Byte(source.offset());
        let head = if is_long {
            source.fill_just(4)
        } else {
            source.fill(4)
        };
        if let Err(error) = head {
            out.broken(at, &unreadable(&error));
        }
        let Some(length) = source.window().first_chunk::<4>() else {
            if !source.window().is_empty() {
                out.broken(at, "the input ends inside a frame's length");
            }
            return;
        };
        let length = u32::from_be_bytes(*length) as usize;
        source.take(4);
        is_long = length >= LONG;
        if length > MAX_PIECE {
            let message = format!(
                "a frame of {length} bytes, more than {} MiB: left out",
                MAX_PIECE >> 20
            );
            out.broken(at, &message);
            if let Err(error) = source.pass(length as u64) {
                out.broken(at, &unreadable(&error));
            }
            continue;
        }
        if let Err(error) = source.move_into(length, &mut frame) {
            out.broken(at, &unreadable(&error));
        }
        let available = frame.len();
        let is_cut = available < length;
        if is_cut {
            out.broken(
                at,
                &format!(
                    "the input ends inside a frame: {length} bytes announced, {available} there"
                ),
            );
        }
        message(&mut frame, is_cut, at, &mut plain, out);
        if is_cut {
            return;
        }
    }
}

fn message(bytes: &mut Vec<u8>, is_cut: bool, at: At, plain: &mut Vec<u8>, out: &mut Out<'_>) {
    if !bytes.starts_with(&ZSTD_MAGIC) {
        payload(bytes, is_cut, at, out);
        return;
    }
    plain.clear();
    let mut is_whole = true;
    let unpacked = zstd::Decoder::new(&**bytes)
        .and_then(|decoder| decoder.take(MAX_MESSAGE + 1).read_to_end(plain));
    if let Err(error) = unpacked {
        is_whole = false;
        if !is_cut {
            out.broken(at, &format!("a frame's zstd data is broken: {error}"));
        }
    } else if plain.len() as u64 > MAX_MESSAGE {
        let message = format!(
            "a frame decompresses to more than {} MiB, left out",
            MAX_PIECE >> 20
        );
        out.broken(at, &message);
        return;
    }
    payload(plain, !is_whole, at, out);
}

/// `is_cut`: known to be incomplete, and reported.
fn payload(bytes: &mut Vec<u8>, is_cut: bool, at: At, out: &mut Out<'_>) {
    let mut writer = Writer::default();
    let mut told = Told::default();
    if bytes.trim_ascii_start().first() == Some(&b'{') && bytes.first() != Some(&0x0a) {
        let mut cursor = Cursor::new(bytes);
        let read = document::read(&mut cursor, &mut writer);
        let inside = |byte: usize| format!("(byte {byte} of the frame's text)");
        if let Err(fault) = read
            && !is_cut
        {
            out.broken(at, &format!("{} {}", fault.what, inside(fault.at)));
        }
        told = cursor.into_told();
        for odd in &mut told.odd {
            odd.message = format!("{} {}", odd.message, inside(odd.at));
        }
        out.odd(&told, |_| at);
    } else if is_cut {
        writer = salvage(bytes);
    } else if !bytes.is_empty() {
        out.buffer(bytes, at);
        return;
    }
    for batch in writer.batches() {
        out.batch(batch, at);
    }
    out.partial(&told);
}
