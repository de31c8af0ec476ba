//! Messages behind their length in four big-endian bytes, as the Collector's file exporter writes
//! protobuf and everything compressed. Each is a protobuf request or a JSON document, plain or zstd.

use std::io::Read;

use super::document;
use super::request::salvage;
use super::source::Source;
use super::write::Writer;
use super::{At, Sink, unreadable};

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What one message may decompress to; a longer one is taken for an attack.
const MAX_MESSAGE: u64 = 1 << 30;

/// Reads to the end of the input.
pub fn read(source: &mut Source, sink: &mut dyn Sink) {
    let mut plain = Vec::new();
    loop {
        let at = At::Byte(source.offset());
        if let Err(error) = source.fill(4) {
            sink.broken(at, &unreadable(&error));
        }
        let Some(length) = source.window().first_chunk::<4>() else {
            if !source.window().is_empty() {
                sink.broken(at, "the input ends inside a frame's length");
            }
            return;
        };
        let length = u32::from_be_bytes(*length) as usize;
        source.take(4);
        if let Err(error) = source.fill(length) {
            sink.broken(at, &unreadable(&error));
        }
        let window = source.window();
        let available = window.len().min(length);
        let is_cut = available < length;
        if is_cut {
            sink.broken(
                at,
                &format!(
                    "the input ends inside a frame: {length} bytes announced, {available} there"
                ),
            );
        }
        message(&window[..available], is_cut, at, &mut plain, sink);
        source.take(available);
        if is_cut {
            return;
        }
    }
}

fn message(bytes: &[u8], is_cut: bool, at: At, plain: &mut Vec<u8>, sink: &mut dyn Sink) {
    if !bytes.starts_with(&ZSTD_MAGIC) {
        payload(bytes, is_cut, at, sink);
        return;
    }
    plain.clear();
    let mut is_whole = true;
    let unpacked = zstd::Decoder::new(bytes)
        .and_then(|decoder| decoder.take(MAX_MESSAGE + 1).read_to_end(plain));
    if let Err(error) = unpacked {
        is_whole = false;
        if !is_cut {
            sink.broken(at, &format!("a frame's zstd data is broken: {error}"));
        }
    } else if plain.len() as u64 > MAX_MESSAGE {
        sink.broken(at, "a frame decompresses to more than 1 GiB");
        return;
    }
    payload(plain, !is_whole, at, sink);
}

/// `is_cut`: known to be incomplete, and reported.
fn payload(bytes: &[u8], is_cut: bool, at: At, sink: &mut dyn Sink) {
    let mut writer = Writer::default();
    if bytes.trim_ascii_start().first() == Some(&b'{') && bytes.first() != Some(&0x0a) {
        if let Err(fault) = document::read(bytes, &mut writer)
            && !is_cut
        {
            let message = format!("{} (byte {} of the frame's text)", fault.what, fault.at);
            sink.broken(at, &message);
        }
    } else if is_cut {
        writer = salvage(bytes);
    } else if !bytes.is_empty() {
        sink.batch(bytes, at);
        return;
    }
    if !writer.is_empty() {
        sink.batch(writer.bytes(), at);
    }
}
