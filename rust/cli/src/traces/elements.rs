//! One JSON value that spans many lines or is too long to hold: the elements of its main array are
//! cut out one after another and read apart, so memory holds one element.
//!
//! The main array is the value itself, or what stands under `resourceSpans` or `data` in it. A
//! broken element costs itself; where brackets do not match up, the rest of the line is given up.

use super::document::{self, Content};
use super::otlp_json;
use super::source::Source;
use super::token::{Cursor, Fault, What};
use super::write::Writer;
use super::{At, Sink, unreadable};

/// Spans go to the sink in batches of about this many bytes.
const BATCH: usize = 256 * 1024;

/// What the elements of an array are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    ResourceSpans,
    Documents,
}

/// Ends the walk: the place is told to the sink already.
struct Broken;

pub struct Elements<'s> {
    source: &'s mut Source,
    sink: &'s mut dyn Sink,
    line: u64,
    /// Offset in the input of the current line's first byte.
    line_start: u64,
    writer: Writer,
    writer_at: At,
    piece: Vec<u8>,
}

impl<'s> Elements<'s> {
    /// The window must begin at the start of line `line`.
    pub fn new(source: &'s mut Source, sink: &'s mut dyn Sink, line: u64) -> Self {
        let line_start = source.offset();
        Elements {
            source,
            sink,
            line,
            line_start,
            writer: Writer::default(),
            writer_at: At::Line { line, column: 1 },
            piece: Vec::new(),
        }
    }

    /// Reads one value and takes it; the line that the window now begins with.
    pub fn value(mut self) -> u64 {
        let read = self.top();
        self.flush();
        if read.is_err() {
            while let Some(byte) = self.peek() {
                self.take();
                if byte == b'\n' {
                    break;
                }
            }
        } else if self.after_space() == Some(b'\n') {
            self.take();
        }
        self.line
    }

    fn at(&self) -> At {
        At::Line {
            line: self.line,
            column: self.source.offset() - self.line_start + 1,
        }
    }

    fn peek(&mut self) -> Option<u8> {
        if self.source.window().is_empty()
            && let Err(error) = self.source.fill(1)
        {
            let at = self.at();
            self.sink.broken(at, &unreadable(&error));
        }
        self.source.window().first().copied()
    }

    fn take(&mut self) {
        let is_newline = self.source.window().first() == Some(&b'\n');
        self.source.take(1);
        if is_newline {
            self.line += 1;
            self.line_start = self.source.offset();
        }
    }

    /// The next byte that is no white space but a newline, not taken.
    fn after_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.take();
        }
        self.peek()
    }

    /// The next byte that is no white space, not taken.
    fn next(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.take();
        }
        self.peek()
    }

    fn expected(&mut self, thing: &'static str) -> Broken {
        let what = match self.peek() {
            None => What::EndsEarly,
            Some(_) => What::Expected(thing),
        };
        let at = self.at();
        self.sink.broken(at, &what.to_string());
        Broken
    }

    fn top(&mut self) -> Result<(), Broken> {
        match self.next() {
            Some(b'[') => self.array(Holds::Documents),
            Some(b'{') => self.object(),
            _ => Err(self.expected("an object or an array")),
        }
    }

    fn object(&mut self) -> Result<(), Broken> {
        let at = self.at();
        self.take();
        let mut is_first = true;
        loop {
            match self.next() {
                Some(b'"') => {}
                Some(b'}') if is_first => {
                    self.take();
                    return Ok(());
                }
                _ => return Err(self.expected("a key in quotes")),
            }
            self.piece.clear();
            self.piece.push(b'{');
            self.collect(0, true)?;
            let holds = match &self.piece[1..] {
                b"\"resourceSpans\"" | b"\"resource_spans\"" => Some(Holds::ResourceSpans),
                b"\"data\"" => Some(Holds::Documents),
                _ => None,
            };
            if is_first && holds.is_none() {
                // Not a list of things: one thing, read as a whole.
                self.collect(1, true)?;
                self.element(Holds::Documents, at);
                return Ok(());
            }
            is_first = false;
            if self.next() != Some(b':') {
                return Err(self.expected("a colon after the key"));
            }
            self.take();
            match (holds, self.next()) {
                (Some(holds), Some(b'[')) => self.array(holds)?,
                _ => self.collect(0, false)?,
            }
            match self.next() {
                Some(b',') => self.take(),
                Some(b'}') => {
                    self.take();
                    return Ok(());
                }
                _ => return Err(self.expected("a comma or the end of the object")),
            }
        }
    }

    fn array(&mut self, holds: Holds) -> Result<(), Broken> {
        self.take();
        if self.next() == Some(b']') {
            self.take();
            return Ok(());
        }
        loop {
            self.next();
            let at = self.at();
            self.piece.clear();
            if let Err(broken) = self.collect(0, true) {
                // Cut off: what is complete in it counts.
                self.read_piece(holds, at).ok();
                return Err(broken);
            }
            self.element(holds, at);
            match self.next() {
                Some(b',') => self.take(),
                Some(b']') => {
                    self.take();
                    return Ok(());
                }
                _ => return Err(self.expected("a comma or the end of the array")),
            }
        }
    }

    /// Takes bytes up to the end of the value (or of the `depth` values that are open), into
    /// `piece` if `keep`.
    fn collect(&mut self, mut depth: usize, keep: bool) -> Result<(), Broken> {
        let mut in_string = false;
        let mut begun = depth > 0;
        loop {
            if self.peek().is_none() {
                return Err(self.expected(""));
            }
            let window = self.source.window();
            let mut newlines = 0;
            let mut last_newline = 0;
            let mut is_done = false;
            let mut taken = 0;
            while taken < window.len() {
                let byte = window[taken];
                if in_string {
                    match byte {
                        b'\\' if taken + 1 == window.len() => break,
                        b'\\' => taken += 1,
                        b'"' => {
                            in_string = false;
                            is_done = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    match byte {
                        b'"' => in_string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 0 => {
                            depth -= 1;
                            is_done = depth == 0;
                        }
                        b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                            if begun {
                                is_done = true;
                            }
                            break;
                        }
                        _ => {}
                    }
                    begun = true;
                }
                if window[taken] == b'\n' {
                    newlines += 1;
                    last_newline = taken + 1;
                }
                taken += 1;
                if is_done {
                    break;
                }
            }
            if keep {
                self.piece.extend_from_slice(&window[..taken]);
            }
            if newlines > 0 {
                self.line += newlines;
                self.line_start = self.source.offset() + last_newline as u64;
            }
            let stuck = taken == 0 && !is_done;
            self.source.take(taken);
            if is_done {
                return Ok(());
            }
            if stuck {
                // A lone backslash at the window's end, or no value at all.
                let before = self.source.window().len();
                let in_escape = in_string && self.source.fill(2).is_ok_and(|w| w.len() > before);
                if !in_escape {
                    return Err(self.expected("a value"));
                }
            }
        }
    }

    fn element(&mut self, holds: Holds, at: At) {
        match self.read_piece(holds, at) {
            Ok(Content::Known) => {}
            Ok(Content::Unknown) => self
                .sink
                .broken(at, "JSON, but neither OTLP, Jaeger nor Zipkin traces"),
            Err(Fault { at: inside, what }) => {
                let place = self.place_inside(at, inside);
                self.sink.broken(place, &what.to_string());
            }
        }
        if self.writer.len() >= BATCH {
            self.flush();
        }
    }

    fn read_piece(&mut self, holds: Holds, at: At) -> Result<Content, Fault> {
        if self.writer.is_empty() {
            self.writer_at = at;
        }
        let mut cursor = Cursor::new(&self.piece);
        let content = match holds {
            Holds::ResourceSpans => {
                otlp_json::resource_spans(&mut cursor, &mut self.writer).map(|()| Content::Known)
            }
            Holds::Documents => document::value(&mut cursor, &mut self.writer, 1),
        }?;
        cursor.end()?;
        Ok(content)
    }

    /// The place of a byte of the piece that began at `at`.
    fn place_inside(&self, at: At, inside: usize) -> At {
        let At::Line { line, column } = at else {
            return at;
        };
        let before = &self.piece[..inside.min(self.piece.len())];
        match memchr::memrchr(b'\n', before) {
            None => At::Line {
                line,
                column: column + before.len() as u64,
            },
            Some(newline) => At::Line {
                line: line + memchr::memchr_iter(b'\n', before).count() as u64,
                column: (before.len() - newline) as u64,
            },
        }
    }

    fn flush(&mut self) {
        if !self.writer.is_empty() {
            self.sink.batch(self.writer.bytes(), self.writer_at);
            self.writer.clear();
        }
    }
}
