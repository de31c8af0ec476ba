//! What is packed as gzip or zstd: one member or frame behind the other, as `cat` and tools that append write them, and
//! nothing else behind them.

use std::io::{self, BufRead as _, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use super::source::Source;

/// How many wrappings (`.gz` in `.zst`, …) are undone.
const MAX_LAYERS: usize = 3;

/// Undoes gzip and zstd, known by their first bytes. `read` counts the raw bytes.
pub fn open<'a>(inner: impl Read + 'a, read: Arc<AtomicU64>) -> io::Result<Source<'a>> {
    unpacked(Counted { inner, read })
}

/// As [`open`], for bytes that are counted elsewhere.
pub fn unpacked<'a>(inner: impl Read + 'a) -> io::Result<Source<'a>> {
    let mut source = Source::plain(inner);
    for _ in 0..MAX_LAYERS {
        match Packed::of(source)? {
            Ok(packed) => source = Source::undone(packed),
            Err(as_it_is) => return Ok(as_it_is),
        }
    }
    Ok(source)
}

/// Counts bytes read from disk, before decompression, for a progress bar.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// What stands in packed bytes, unpacked.
struct Packed<'a> {
    /// `None`: the bytes are at their end, or something else stands there.
    member: Option<Member<'a>>,
    packing: &'static str,
}

enum Member<'a> {
    Gzip(Box<GzDecoder<Source<'a>>>),
    Zstd(zstd::Decoder<'static, Source<'a>>),
}

impl<'a> Packed<'a> {
    /// Known by its first bytes; what is not packed is given back.
    fn of(mut source: Source<'a>) -> io::Result<Result<Packed<'a>, Source<'a>>> {
        let (member, packing) = match *source.fill(4)? {
            [0x1f, 0x8b, ..] => (Member::Gzip(Box::new(GzDecoder::new(source))), "gzip"),
            // A frame, or the skippable one that some writers put first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                let frame = zstd::Decoder::with_buffer(source)?.single_frame();
                (Member::Zstd(frame), "zstd")
            }
            _ => return Ok(Err(source)),
        };
        let member = Some(member);
        Ok(Ok(Packed { member, packing }))
    }

    /// Goes on to what stands behind the member at hand.
    fn go_on(&mut self) -> io::Result<()> {
        let mut source = match self.member.take() {
            None => return Ok(()),
            Some(Member::Gzip(member)) => member.into_inner(),
            Some(Member::Zstd(frame)) => frame.finish(),
        };
        skip_zeros(&mut source)?;
        if source.fill_buf()?.is_empty() {
            return Ok(());
        }
        let end = source.offset();
        let next = Packed::of(source)?.map_err(|_| {
            let message = format!(
                "the {} data ends at byte {end} and something else stands behind it: cut that off, or pack all of it anew",
                self.packing
            );
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        *self = next;
        Ok(())
    }
}

/// With zeros tapes and block devices fill up what is written to them.
fn skip_zeros(source: &mut Source<'_>) -> io::Result<()> {
    loop {
        let window = source.fill_buf()?;
        let zeros = window.iter().take_while(|byte| **byte == 0).count();
        if zeros == 0 {
            return Ok(());
        }
        source.consume(zeros);
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = match &mut self.member {
                None => return Ok(0),
                Some(Member::Gzip(member)) => member.read(out)?,
                Some(Member::Zstd(frame)) => frame.read(out)?,
            };
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            self.go_on()?;
        }
    }
}
