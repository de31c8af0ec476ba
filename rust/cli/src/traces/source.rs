//! Bytes of one input, decompressed, behind a window that can look ahead.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const STEP: usize = 256 * 1024;

/// How many wrappings (`.gz` in `.zst`, …) are undone.
const MAX_LAYERS: usize = 3;

/// A window on a stream: what was read and not yet taken.
pub struct Source {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Of the first byte in the window, in the decompressed stream.
    offset: u64,
    is_at_end: bool,
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

/// Where a line ends, counted from the start of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// A newline stands at this place.
    Newline(usize),
    /// The input ends there without one.
    Input(usize),
    /// Not within the limit.
    TooFar,
}

impl Source {
    /// Undoes gzip and zstd, known by their first bytes. `read` counts the raw bytes.
    pub fn open(inner: impl Read + Send + 'static, read: Arc<AtomicU64>) -> io::Result<Source> {
        let mut source = Source::plain(Counted { inner, read });
        for _ in 0..MAX_LAYERS {
            match *source.fill(4)? {
                [0x1f, 0x8b, ..] => {
                    source = Source::plain(flate2::bufread::MultiGzDecoder::new(
                        BufReader::with_capacity(STEP, source),
                    ));
                }
                // A zstd frame, or the skippable one that some writers put first.
                [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                    source = Source::plain(zstd::Decoder::new(source)?);
                }
                _ => break,
            }
        }
        Ok(source)
    }

    /// The bytes as they are.
    pub fn plain(inner: impl Read + Send + 'static) -> Source {
        Source {
            inner: Box::new(inner),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            is_at_end: false,
        }
    }

    /// Where the window begins in the decompressed stream.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What is in the window now.
    #[must_use]
    pub fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The window, with at least `want` bytes unless the input ends before. Memory grows with what
    /// came, never with what is wanted.
    pub fn fill(&mut self, want: usize) -> io::Result<&[u8]> {
        while self.end - self.start < want && !self.is_at_end {
            self.read_more()?;
        }
        Ok(self.window())
    }

    fn read_more(&mut self) -> io::Result<()> {
        if self.start > 0 && (self.start == self.end || self.buffer.len() - self.end < STEP / 4) {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < STEP / 4 {
            let size = (self.buffer.len() * 2).max(STEP);
            self.buffer.resize(size, 0);
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    // Once is enough: what came before it is still there to be read.
                    self.is_at_end = true;
                    return Err(error);
                }
            }
            return Ok(());
        }
    }

    /// Moves the window's begin.
    pub fn take(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Moves the window's begin past `count` bytes, wherever they end.
    pub fn pass(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let window = self.fill(1)?.len();
            if window == 0 {
                break;
            }
            let step = window.min(usize::try_from(count).unwrap_or(usize::MAX));
            self.take(step);
            count -= step as u64;
        }
        Ok(())
    }

    /// Looks for the end of the line at the window's begin, at most `limit` bytes away.
    pub fn line_end(&mut self, limit: usize) -> io::Result<LineEnd> {
        let mut searched = 0;
        loop {
            let window = self.window();
            if let Some(at) = memchr::memchr(b'\n', &window[searched..]) {
                return Ok(LineEnd::Newline(searched + at));
            }
            searched = window.len();
            if searched >= limit {
                return Ok(LineEnd::TooFar);
            }
            if self.is_at_end {
                return Ok(LineEnd::Input(searched));
            }
            self.read_more()?;
        }
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && !self.is_at_end {
            self.read_more()?;
        }
        let count = out.len().min(self.end - self.start);
        out[..count].copy_from_slice(&self.window()[..count]);
        self.take(count);
        Ok(count)
    }
}
