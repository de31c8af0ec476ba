//! Bytes of one input behind a window that can look ahead.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};

const STEP: usize = 256 * 1024;

/// The first step: most of what is tried is shorter.
const FIRST_STEP: usize = 16 * 1024;

/// What is written to disk of a stream that must be read in jumps.
const MAX_SPOOLED: u64 = 4 << 30;

/// A window on a stream: what was read and not yet taken.
pub struct Source<'a> {
    inner: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Of the first byte in the window, in the decompressed stream.
    offset: u64,
    is_at_end: bool,
    /// How often bytes were asked for.
    steps: u32,
    /// The bytes are as they came: nothing was undone.
    is_raw: bool,
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

impl<'a> Source<'a> {
    /// The bytes as they are.
    pub fn plain(inner: impl Read + 'a) -> Source<'a> {
        Source::new(inner, true)
    }

    /// Bytes of which a compression was undone.
    pub fn undone(inner: impl Read + 'a) -> Source<'a> {
        Source::new(inner, false)
    }

    fn new(inner: impl Read + 'a, is_raw: bool) -> Source<'a> {
        Source {
            inner: Box::new(inner),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            is_at_end: false,
            steps: 0,
            is_raw,
        }
    }

    /// Whether the bytes are as they came from outside, no compression undone.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.is_raw
    }

    /// Writes what is left into a file without a name, for readers that must jump about.
    pub fn spool(&mut self) -> io::Result<File> {
        let mut file = tempfile::tempfile()?;
        let mut left = MAX_SPOOLED;
        loop {
            let window = self.fill(1)?;
            if window.is_empty() {
                break;
            }
            let length = window.len();
            left = left.checked_sub(length as u64).ok_or_else(|| {
                io::Error::other(
                    "more than 4 GiB behind a compression or on a pipe: unpack it first",
                )
            })?;
            file.write_all(window)?;
            self.take(length);
        }
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
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

    /// As [`Source::fill`], with no more than is wanted: what follows is to be [moved](Source::move_into) elsewhere.
    pub fn fill_just(&mut self, want: usize) -> io::Result<&[u8]> {
        while self.end - self.start < want && !self.is_at_end {
            self.read_at_most(want - (self.end - self.start))?;
        }
        Ok(self.window())
    }

    /// Moves the next `count` bytes into `buffer`, or as many as there are. What is not in the window yet never comes there.
    pub fn move_into(&mut self, count: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        let at_hand = self.window().len().min(count);
        let room = buffer.len().clamp(at_hand, count);
        buffer.resize(room, 0);
        buffer[..at_hand].copy_from_slice(&self.window()[..at_hand]);
        self.take(at_hand);
        let mut filled = at_hand;
        while filled < count && !self.is_at_end {
            if filled == buffer.len() {
                // Memory grows with what came.
                buffer.resize(count.min(2 * filled.max(STEP)), 0);
            }
            match read_into(&mut self.inner, &mut self.is_at_end, &mut buffer[filled..]) {
                Ok(more) => {
                    filled += more;
                    self.offset += more as u64;
                }
                Err(error) => {
                    buffer.truncate(filled);
                    return Err(error);
                }
            }
        }
        buffer.truncate(filled);
        Ok(())
    }

    fn read_more(&mut self) -> io::Result<()> {
        self.read_at_most(usize::MAX)
    }

    fn read_at_most(&mut self, most: usize) -> io::Result<()> {
        let room = self.buffer.len().clamp(FIRST_STEP, STEP) / 4;
        if self.start > 0 && (self.start == self.end || self.buffer.len() - self.end < room) {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Short inputs get little room; whatever needs a third step is long.
        self.steps = self.steps.saturating_add(1);
        let is_long = self.steps > 2 && self.buffer.len() < STEP;
        if is_long || self.buffer.len() - self.end < room {
            let size = match self.buffer.len() {
                0 => FIRST_STEP,
                small if small < STEP => STEP,
                large => 2 * large,
            };
            self.buffer.resize(size, 0);
        }
        let end = self.buffer.len().min(self.end.saturating_add(most));
        let room = &mut self.buffer[self.end..end];
        self.end += read_into(&mut self.inner, &mut self.is_at_end, room)?;
        Ok(())
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

/// Reads some, however often it is interrupted. It is at its end where nothing comes, or a fault: once is enough, and what came
/// before it is still there to be read.
fn read_into(inner: &mut dyn Read, is_at_end: &mut bool, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => {
                *is_at_end = !matches!(done, Ok(1..));
                return done;
            }
        }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let window = self.fill(1)?;
        let count = out.len().min(window.len());
        out[..count].copy_from_slice(&window[..count]);
        self.take(count);
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill(1)
    }

    fn consume(&mut self, count: usize) {
        self.take(count);
    }
}
